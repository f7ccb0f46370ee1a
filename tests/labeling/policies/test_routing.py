"""The routing rule on paper: what may never happen, for any numbers, and each case by exact ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.policies.combining import Voice, speaker
from labeling.policies.routing import Opinion, Route, RuleInForce, required_confidence, route, sampling_rate

shares = st.floats(0, 1)
labels = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True)
policies = st.builds(
    RuleInForce,
    version=st.just(1),
    threshold=shares,
    class_thresholds=st.dictionaries(st.sampled_from(["a", "b", "c"]), shares),
    labeler_thresholds=st.dictionaries(st.integers(1, 3), shares),
    audit_rate=shares,
    blind_rate=shares,
    accept_uncalibrated=st.booleans(),
    calibrated=st.frozensets(st.integers(1, 3)),
)
opinions = st.builds(
    Opinion,
    classes=st.none() | labels,
    confidence=st.none() | shares,
    margin=st.none() | shares,
    labeler=st.none() | st.integers(1, 3),
    failed=st.booleans(),
    edition=st.none() | st.integers(1, 3),
    sample=st.booleans(),
)


@given(opinions, policies, st.floats(0, 1, exclude_max=True))
def test_only_a_sure_enough_answer_is_accepted(opinion: Opinion, policy: RuleInForce, draw: float) -> None:
    result = route(opinion, policy, draw)
    if opinion.classes is None or opinion.confidence is None:
        assert result.status == "waiting"
        assert result.above_threshold is None
    elif result.status == "accepted":
        assert opinion.confidence >= required_confidence(opinion, policy)
        assert policy.accept_uncalibrated or opinion.edition in policy.calibrated
        assert not opinion.sample
        assert draw >= policy.audit_rate
        assert result.lane == ""


@given(opinions, policies, st.floats(0, 1, exclude_max=True))
def test_the_random_sample_depends_on_the_draw_alone(opinion: Opinion, policy: RuleInForce, draw: float) -> None:
    result = route(opinion, policy, draw)
    if result.above_threshold is not None:
        rate = policy.audit_rate if result.above_threshold else policy.blind_rate
        assert result.sampling_rate == rate
        assert result.sampled == (draw < rate)
        assert (result.lane == "audit") == (result.above_threshold and result.sampled)


@given(opinions, policies, shares, shares, st.floats(0, 1, exclude_max=True))
def test_a_stricter_threshold_accepts_no_more(
    opinion: Opinion, policy: RuleInForce, one: float, other: float, draw: float
) -> None:
    loose = RuleInForce(version=1, threshold=min(one, other), audit_rate=policy.audit_rate, accept_uncalibrated=True)
    strict = RuleInForce(version=1, threshold=max(one, other), audit_rate=policy.audit_rate, accept_uncalibrated=True)
    if route(opinion, strict, draw).status == "accepted":
        assert route(opinion, loose, draw).status == "accepted"


@given(labels, policies)
def test_the_strictest_class_counts(names: list[str], policy: RuleInForce) -> None:
    needed = required_confidence(Opinion(names, 0.5), policy)
    assert needed == max(policy.class_thresholds.get(name, policy.threshold) for name in names)


def test_the_most_specific_threshold_wins() -> None:
    policy = RuleInForce(version=1, threshold=0.9, class_thresholds={"a": 0.5}, labeler_thresholds={7: 0.7})
    assert required_confidence(Opinion(["a"], 0.6, labeler=7), policy) == 0.5
    assert required_confidence(Opinion(["b"], 0.6, labeler=7), policy) == 0.7
    assert required_confidence(Opinion(["b"], 0.6, labeler=8), policy) == 0.9
    assert required_confidence(Opinion(["b"], 0.6), policy) == 0.9


@pytest.mark.parametrize("names", [None, []])
def test_where_no_class_is_given_the_labeler_threshold_counts(names: list[str] | None) -> None:
    policy = RuleInForce(version=1, threshold=0.9, class_thresholds={"a": 0.95}, labeler_thresholds={7: 0.7})
    assert required_confidence(Opinion(names, 0.6, labeler=7), policy) == 0.7
    assert required_confidence(Opinion(names, 0.6), policy) == 0.9


# Edition 3 was compared with people; 4 is being compared, half of its items are drawn; of 5 nothing is known. Labeler 7
# made a small part, of which more is drawn; 8 made a large one.
POLICY = RuleInForce(
    version=1,
    threshold=0.875,
    audit_rate=0.125,
    blind_rate=0.25,
    calibrated=frozenset({3}),
    comparing={4: 0.5, 3: 0.9, 6: 0.0625},
    least={7: (0.375, 0.5), 8: (0.0625, 0.125)},
)
NO_ANSWER = {"above_threshold": None, "sampled": False, "sampling_rate": None, "priority": 1.0}


@pytest.mark.parametrize(
    ("opinion", "draw", "found"),
    [
        (Opinion(None, 0.99, failed=True), 0.0, Route("waiting", "failed", **NO_ANSWER)),
        (Opinion(["a"], None, failed=True), 0.0, Route("waiting", "failed", **NO_ANSWER)),
        (Opinion(None, 0.99, edition=3), 0.0, Route("waiting", "uncertain", **NO_ANSWER)),
        (Opinion(["a"], None, edition=3), 0.0, Route("waiting", "uncertain", **NO_ANSWER)),
        # At the threshold and at the rate: accepted, and not drawn.
        (Opinion(["a"], 0.875, edition=3), 0.125, Route("accepted", "", True, False, 0.125, 0.0)),
        (Opinion(["a"], 0.875, edition=3), 0.0625, Route("waiting", "audit", True, True, 0.125, 0.9375)),
        (Opinion(["a"], 0.75, edition=3), 0.125, Route("waiting", "uncertain", False, True, 0.25, 0.875)),
        # What is not drawn comes by its margin; where there is none, by its confidence.
        (Opinion(["a"], 0.75, 0.375, edition=3), 0.25, Route("waiting", "uncertain", False, False, 0.25, 0.625)),
        (Opinion(["a"], 0.75, 0.0, edition=3), 0.25, Route("waiting", "uncertain", False, False, 0.25, 1.0)),
        (Opinion(["a"], 0.75, edition=3), 0.25, Route("waiting", "uncertain", False, False, 0.25, 0.25)),
        # A mere try accepts nothing.
        (Opinion(["a"], 1.0, 0.5, edition=3, sample=True), 0.5, Route("waiting", "uncertain", True, False, 0.125, 0.5)),
        # What was not compared with people is not accepted either; what is drawn of it comes before everything.
        (Opinion(["a"], 1.0, 0.5, edition=4), 0.5, Route("waiting", "uncertain", True, False, 0.5, 0.5)),
        (Opinion(["a"], 1.0, edition=4), 0.25, Route("waiting", "audit", True, True, 0.5, 2.75)),
        (Opinion(["a"], 0.5, edition=4), 0.25, Route("waiting", "uncertain", False, True, 0.5, 2.75)),
        (Opinion(["a"], 1.0, edition=5), 0.0625, Route("waiting", "audit", True, True, 0.125, 2.9375)),
        (Opinion(["a"], 1.0, 0.5, edition=5), 0.125, Route("waiting", "uncertain", True, False, 0.125, 0.5)),
        (Opinion(["a"], 1.0, 0.5), 0.125, Route("waiting", "uncertain", True, False, 0.125, 0.5)),
    ],
)
def test_where_each_opinion_goes(opinion: Opinion, draw: float, found: Route) -> None:
    assert route(opinion, POLICY, draw) == found


def test_a_policy_that_does_not_ask_for_comparing_accepts_at_once() -> None:
    policy = RuleInForce(version=1, threshold=0.875, audit_rate=0.125, accept_uncalibrated=True, comparing={4: 0.5})
    assert route(Opinion(["a"], 0.9, edition=4), policy, 0.125) == Route("accepted", "", True, False, 0.125, 0.0)
    assert route(Opinion(["a"], 0.9), policy, 0.0) == Route("waiting", "audit", True, True, 0.125, 1.0)


@pytest.mark.parametrize(
    ("labeler", "edition", "above", "below"),
    [
        (None, 3, 0.125, 0.25),
        (9, 3, 0.125, 0.25),
        (7, 3, 0.375, 0.5),
        (8, 3, 0.125, 0.25),
        (9, 4, 0.5, 0.5),
        (7, 4, 0.5, 0.5),
        (7, 5, 0.375, 0.5),
        (9, 6, 0.125, 0.25),
        (None, None, 0.125, 0.25),
    ],
)
def test_the_share_drawn_is_the_greatest_that_anything_asks_for(
    labeler: int | None, edition: int | None, above: float, below: float
) -> None:
    opinion = Opinion(["a"], 0.9, labeler=labeler, edition=edition)
    assert sampling_rate(opinion, POLICY, above=True) == above
    assert sampling_rate(opinion, POLICY, above=False) == below


def test_a_side_that_is_not_checked_at_all_is_not_checked_in_small_parts() -> None:
    policy = RuleInForce(
        version=1, threshold=0.5, audit_rate=0.0, blind_rate=0.125, least={7: (0.375, 0.5)}, calibrated=frozenset({3})
    )
    opinion = Opinion(["a"], 0.9, labeler=7, edition=3)
    assert (sampling_rate(opinion, policy, above=True), sampling_rate(opinion, policy, above=False)) == (0.0, 0.5)


def test_an_edition_without_a_share_to_compare_is_drawn_by_none() -> None:
    policy = RuleInForce(version=1, threshold=0.5, audit_rate=0.0, blind_rate=0.0, comparing={4: 0.25})
    assert sampling_rate(Opinion(["a"], 0.9, edition=4), policy, above=True) == 0.25
    assert sampling_rate(Opinion(["a"], 0.9, edition=5), policy, above=True) == 0.0


def test_small_margins_come_first() -> None:
    policy = RuleInForce(version=1, threshold=0.9, blind_rate=0)
    near = route(Opinion(["a"], 0.8, 0.01), policy, 0.5)
    clear = route(Opinion(["a"], 0.8, 0.6), policy, 0.5)
    assert near.priority > clear.priority


def test_the_last_of_the_chain_speaks_its_failure_too() -> None:
    rules = Voice(prelabel=5, labeler=1, order=20, outcome="abstained")
    model = Voice(prelabel=4, labeler=2, order=10, outcome="labelled")
    assert speaker([rules, model]) == model
    failed = Voice(prelabel=3, labeler=3, order=30, outcome="failed")
    assert speaker([rules, model, failed]) == failed
    assert speaker([rules]) is None
