"""Changes to the pure rules that no test has to notice, and why, one by one.

`tools/mutate_rules.py` fails for every change that is neither noticed nor listed here. A change is known by its file,
its function, and what stands in a line of it before and after.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Survivor:
    """Changes of one function that one reason explains: what stands there, and what would."""

    file: str
    function: str
    why: str
    changes: tuple[tuple[str, str], ...]

    def explains(self, before: str, after: str) -> bool:
        """Whether this is the change that makes these lines of the function into those."""
        return any(old in before and before.replace(old, new, 1) == after for old, new in self.changes)


SURVIVORS = (
    Survivor(
        "labeling/policies/routing.py",
        "default_threshold",
        "No policy has a threshold for the labeler None; the condition is there for the types.",
        (("if labeler is None else", "if False else"),),
    ),
    Survivor(
        "labeling/labelers/classifier/calibration.py",
        "_logit",
        "The array is one of 64-bit floats already, which types cannot know.",
        (("dtype=np.float64", "dtype=None"), ("dtype=np.float64", "")),
    ),
    Survivor(
        "labeling/labelers/classifier/calibration.py",
        "Calibration.confidence",
        "The array is one of 64-bit floats already, which types cannot know.",
        (("dtype=np.float64", "dtype=None"), ("dtype=np.float64", "")),
    ),
    Survivor(
        "labeling/labelers/classifier/calibration.py",
        "fit_calibration",
        "None means 64-bit floats to NumPy.",
        (("astype(np.float64)", "astype(None)"),),
    ),
    Survivor(
        "labeling/labelers/classifier/calibration.py",
        "_fit_temperature",
        "SciPy takes this method by itself where there are bounds, and its name in any case of letters.",
        (
            ('method="bounded"', "method=None"),
            ('method="bounded"', ""),
            ('method="bounded"', 'method="BOUNDED"'),
        ),
    ),
    Survivor(
        "labeling/labelers/classifier/calibration.py",
        "calibration_error",
        "NumPy takes the name in any case of letters.",
        (('kind="stable"', 'kind="STABLE"'),),
    ),
    Survivor(
        "ground/network/outbound.py",
        "_JudgingBackend.connect_tcp",
        "Both are false: no failure yet.",
        (("failure: Exception | None = None", 'failure: Exception | None = ""'),),
    ),
    Survivor(
        "ground/network/outbound.py",
        "_left",
        "A deadline that is reached to the nanosecond.",
        (("left <= 0", "left < 0"),),
    ),
    Survivor(
        "ground/network/outbound.py",
        "_BoundedStream.__iter__",
        "A deadline that is reached to the nanosecond.",
        (("time.monotonic() > self._deadline", "time.monotonic() >= self._deadline"),),
    ),
    Survivor(
        "ground/network/outbound.py",
        "JudgingTransport.__init__",
        "The pool that the parent makes of this is replaced by one's own at once; only its making gets slower.",
        (
            ("verify=context, trust_env=False", "verify=None, trust_env=False"),
            ("verify=context, trust_env=False", "trust_env=False"),
            ("verify=context, trust_env=False", "verify=context, trust_env=None"),
            ("verify=context, trust_env=False", "verify=context, trust_env=True"),
            ("verify=context, trust_env=False", "verify=context, "),
        ),
    ),
    Survivor(
        "ground/network/outbound.py",
        "JudgingTransport.__init__",
        "How many connections are kept, and for how long, costs time and memory; no rule rests on it.",
        (
            ("max_connections=20,", "max_connections=None,"),
            ("max_connections=20,", "max_connections=21,"),
            ("max_connections=20,", ""),
            ("max_keepalive_connections=20,", "max_keepalive_connections=None,"),
            ("max_keepalive_connections=20,", "max_keepalive_connections=21,"),
            ("max_keepalive_connections=20,", ""),
            ("keepalive_expiry=30,", "keepalive_expiry=None,"),
            ("keepalive_expiry=30,", "keepalive_expiry=31,"),
            ("keepalive_expiry=30,", ""),
        ),
    ),
    Survivor(
        "ground/network/outbound.py",
        "JudgingTransport.handle_request",
        "Names of headers have no case, and what is there instead of one is put into small letters.",
        (
            ('"Content-Encoding", "identity"', '"content-encoding", "identity"'),
            ('"Content-Encoding", "identity"', '"CONTENT-ENCODING", "identity"'),
            ('"Content-Encoding", "identity"', '"Content-Encoding", "IDENTITY"'),
        ),
    ),
    Survivor(
        "ground/network/outbound.py",
        "outbound_client",
        "The client looks into the environment only for a transport that it makes itself, and follows no redirect "
        "unless told to: this says it where it can be read.",
        (
            ("trust_env=False,", "trust_env=None,"),
            ("trust_env=False,", "trust_env=True,"),
            ("trust_env=False,", ""),
            ("follow_redirects=False,", "follow_redirects=None,"),
            ("follow_redirects=False,\n", ""),
        ),
    ),
    Survivor(
        "review/deciding/agreement.py",
        "place",
        "What is not said to be strict is not; a linter wants it said.",
        (("strict=False", "strict=None"), ("strict=False", "")),
    ),
    Survivor(
        "measuring/estimation.py",
        "stratified",
        "A part that was checked in full adds nothing: its correction is 0.",
        (("stratum.checked < stratum.population", "stratum.checked <= stratum.population"),),
    ),
    Survivor(
        "measuring/estimation.py",
        "ratio",
        "A variance of exactly this number.",
        (("variance > ROUNDING", "variance >= ROUNDING"),),
    ),
    Survivor(
        "measuring/estimation.py",
        "ratio",
        "Where the share is 0 every residual is, and the variance with them.",
        (("0 < share < 1", "0 <= share < 1"),),
    ),
    Survivor(
        "measuring/estimation.py",
        "_stratum_variance",
        "The correction of a part that was checked in full is 0, and the variance with it.",
        (("n >= population", "n > population"),),
    ),
    Survivor(
        "measuring/certification.py",
        "binomial_tail",
        "At the border both ways of adding up are exact.",
        (("k > MANY", "k >= MANY"),),
    ),
    Survivor(
        "measuring/certification.py",
        "incomplete_beta",
        "The fraction converges on either side, only faster on one.",
        (("(a + 1) / (a + b + 2)", "(a + 2) / (a + b + 2)"),),
    ),
    Survivor(
        "measuring/certification.py",
        "incomplete_beta",
        "A last step of exactly the precision that is asked for.",
        (("< PRECISION", "<= PRECISION"),),
    ),
    Survivor(
        "measuring/certification.py",
        "p_value",
        "With more wrong ones than items, every sample holds more of them than were seen: its tail is 0 too.",
        (("fewest > population", "(fewest > population) and False"),),
    ),
    Survivor(
        "measuring/certification.py",
        "certify",
        "Any number below 0 means that nothing is proven.",
        (("proven = -1", "proven = -2"),),
    ),
    Survivor(
        "measuring/certification.py",
        "certify",
        "There are two starts and two shares, whether that is checked or not.",
        (("strict=True", "strict=None"), ("strict=True", "strict=False"), ("strict=True", "")),
    ),
    Survivor(
        "measuring/certification.py",
        "_start",
        "A power of exactly the greatest less 0.02, to the last of its binary digits.",
        (("value >= enough", "value > enough"),),
    ),
    Survivor(
        "measuring/certification.py",
        "errors_allowed",
        "Without a check the first term is 1, which is above every alpha.",
        (("checks <= 0", "checks < 0"),),
    ),
    Survivor(
        "measuring/certification.py",
        "errors_allowed",
        "All terms together are 1, which is above every alpha: none is asked for after the last.",
        (("checks - 1, checks", "checks + 1, checks"),),
    ),
    Survivor(
        "measuring/certification.py",
        "errors_allowed",
        "A sum of exactly alpha, to the last of its binary digits.",
        (("total > alpha", "total >= alpha"),),
    ),
    Survivor(
        "measuring/certification.py",
        "checks_needed",
        "What is not above the target needs more checks than the limit; this only says so sooner.",
        (
            ("rate >= 1 - target", "rate > 1 - target"),
            ("rate >= 1 - target", "rate >= 1 + target"),
            ("rate >= 1 - target", "rate >= 2 - target"),
        ),
    ),
    Survivor(
        "measuring/certification.py",
        "checks_needed",
        "A power of exactly 0.8, or a limit that is exactly a power of two.",
        ((">= POWER", "> POWER"), ("high > MAX_CHECKS", "high >= MAX_CHECKS")),
    ),
    Survivor(
        "measuring/certification.py",
        "checks_needed",
        "Where the search starts is a matter of its speed.",
        (("high = 1", "high = 2"),),
    ),
    Survivor(
        "measuring/certification.py",
        "_fewest_checks",
        "A tail of exactly alpha, to the last of its binary digits.",
        (("> alpha", ">= alpha"), ("<= alpha", "< alpha")),
    ),
    Survivor(
        "measuring/certification.py",
        "_fewest_checks",
        "Where the search starts is a matter of its speed.",
        (("max(2 * allowed, 1)", "max(2 * allowed, 2)"), ("high // 2", "high // 3")),
    ),
)
