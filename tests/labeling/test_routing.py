"""The routing rule on paper: what may never happen, for any numbers."""

from hypothesis import given
from hypothesis import strategies as st

from labeling.combining import Voice, speaker
from labeling.routing import Opinion, Thresholds, required_confidence, route

shares = st.floats(0, 1)
labels = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True)
policies = st.builds(
    Thresholds,
    version=st.just(1),
    threshold=shares,
    classes=st.dictionaries(st.sampled_from(["a", "b", "c"]), shares),
    labelers=st.dictionaries(st.integers(1, 3), shares),
    audit_rate=shares,
    blind_rate=shares,
)
opinions = st.builds(
    Opinion,
    labels=st.none() | labels,
    confidence=st.none() | shares,
    margin=st.none() | shares,
    labeler=st.none() | st.integers(1, 3),
    failed=st.booleans(),
)


@given(opinions, policies, st.floats(0, 1, exclude_max=True))
def test_only_a_sure_enough_answer_is_accepted(opinion: Opinion, policy: Thresholds, draw: float) -> None:
    result = route(opinion, policy, draw)
    if opinion.labels is None or opinion.confidence is None:
        assert result.status == "waiting"
        assert result.above_threshold is None
    elif result.status == "accepted":
        assert opinion.confidence >= required_confidence(opinion, policy)
        assert draw >= policy.audit_rate
        assert result.lane == ""


@given(opinions, policies, st.floats(0, 1, exclude_max=True))
def test_the_random_sample_depends_on_the_draw_alone(opinion: Opinion, policy: Thresholds, draw: float) -> None:
    result = route(opinion, policy, draw)
    if result.above_threshold is not None:
        rate = policy.audit_rate if result.above_threshold else policy.blind_rate
        assert result.sampling_rate == rate
        assert result.sampled == (draw < rate)
        assert (result.lane == "audit") == (result.above_threshold and result.sampled)


@given(opinions, policies, shares, shares, st.floats(0, 1, exclude_max=True))
def test_a_stricter_threshold_accepts_no_more(
    opinion: Opinion, policy: Thresholds, one: float, other: float, draw: float
) -> None:
    loose = Thresholds(1, min(one, other), audit_rate=policy.audit_rate)
    strict = Thresholds(1, max(one, other), audit_rate=policy.audit_rate)
    if route(opinion, strict, draw).status == "accepted":
        assert route(opinion, loose, draw).status == "accepted"


@given(labels, policies)
def test_the_strictest_class_counts(names: list[str], policy: Thresholds) -> None:
    needed = required_confidence(Opinion(names, 0.5), policy)
    assert needed == max(policy.classes.get(name, policy.threshold) for name in names)


def test_the_most_specific_threshold_wins() -> None:
    policy = Thresholds(1, 0.9, classes={"a": 0.5}, labelers={7: 0.7})
    assert required_confidence(Opinion(["a"], 0.6, labeler=7), policy) == 0.5
    assert required_confidence(Opinion(["b"], 0.6, labeler=7), policy) == 0.7
    assert required_confidence(Opinion(["b"], 0.6, labeler=8), policy) == 0.9


def test_small_margins_come_first() -> None:
    policy = Thresholds(1, 0.9, blind_rate=0)
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
