"""Average precision is what COCO's own code says, over random boxes and over a dataset's reviewed items."""

import contextlib
import io
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from labeling.models import PreLabel
from measuring.average_precision import THRESHOLDS, ClassPrecision, Precisions, mean_of
from measuring.evaluating import evaluate, work_one_evaluation
from measuring.models import Evaluation
from tests.api.program import Program
from tests.filling import Said, fill
from tests.measuring.boxing import SIZE, Boxing, Found, blank, box, boxing, near, value
from tests.measuring.spanning import spanning
from tests.people import CLASSES, Cast

Images = Mapping[str, list[Found]]


def by_coco(truth: Images, said: Images) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Means over classes, and [mean, at .50, at .75] of each class, by pycocotools."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": n, "width": SIZE[0], "height": SIZE[1]} for n, _ in enumerate(truth)],
            "categories": [{"id": n + 1, "name": name} for n, name in enumerate(CLASSES)],
            "annotations": [
                {"image_id": n, "category_id": CLASSES.index(name) + 1, "bbox": list(place),
                 "area": place[2] * place[3], "iscrowd": 0}
                for n, found in enumerate(truth.values()) for place, name, _ in found
            ],
        }  # fmt: skip
        for number, row in enumerate(coco.dataset["annotations"], start=1):
            row["id"] = number
        coco.createIndex()
        results = coco.loadRes(
            [
                {"image_id": n, "category_id": CLASSES.index(name) + 1, "bbox": list(place), "score": score}
                for n, one in enumerate(truth) for place, name, score in said[one]
            ]
        )  # fmt: skip
        evaluated = COCOeval(coco, results, "bbox")
        evaluated.evaluate()
        evaluated.accumulate()
        evaluated.summarize()
    precision = evaluated.eval["precision"][:, :, :, 0, -1]
    classes = {
        name: [float(np.mean(of)), float(np.mean(of[0])), float(np.mean(of[5]))]
        for n, name in enumerate(CLASSES)
        if (of := precision[:, :, n]).min() > -1
    }
    means = dict(zip(("mean", "at_50", "at_75"), map(float, evaluated.stats[:3]), strict=True))
    return means, classes


def ours(truth: Images, said: Images) -> list[ClassPrecision]:
    found = Precisions()
    for name in truth:
        found.add(
            [(label, score) for _, label, score in said[name]],
            [label for _, label, _ in truth[name]],
            overlaps([place for place, *_ in said[name]], [place for place, *_ in truth[name]]),
        )
    return found.classes()


def overlaps(left: Sequence[Any], right: Sequence[Any]) -> list[tuple[int, int, float]]:
    """By hand."""
    found = []
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            across = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
            down = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
            share = across * down / (a[2] * a[3] + b[2] * b[3] - across * down)
            if share >= THRESHOLDS[0]:
                found.append((i, j, share))
    return found


def alike(classes: Sequence[ClassPrecision], truth: Images, said: Images) -> None:
    means, by_class = by_coco(truth, said)
    assert {one.name for one in classes} == by_class.keys()
    for one in classes:
        assert [one.mean, one.at_50, one.at_75] == pytest.approx(by_class[one.name], abs=1e-6)
    assert mean_of(classes) == pytest.approx(means, abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_pycocotools_says(seed: int) -> None:
    """With equal scores, boxes on one another, images without any, and classes that only one side has."""
    chance = random.Random(seed)
    truth: dict[str, list[Found]] = {}
    said: dict[str, list[Found]] = {}
    for number in range(40):
        name = f"i{number}"
        truth[name] = [(box(chance), chance.choice(CLASSES[: 2 + seed % 2]), 1.0) for _ in range(chance.randrange(9))]
        said[name] = [near(one, chance) for one in truth[name] for _ in range(chance.choice([0, 1, 1, 1, 2]))]
        said[name] += [
            (box(chance), chance.choice(CLASSES), round(chance.random(), 1)) for _ in range(chance.randrange(4))
        ]
    alike(ours(truth, said), truth, said)


def test_of_many_detections_the_surest_count() -> None:
    """Of one image and class a hundred, as COCO has it."""
    chance = random.Random(1)
    truth = {"a": [(box(chance), "card", 1.0) for _ in range(150)]}
    said = {"a": [near(one, chance) for one in truth["a"]]}
    alike(ours(truth, said), truth, said)


def test_the_thresholds_are_cocos() -> None:
    assert list(THRESHOLDS) == np.linspace(0.5, 0.95, 10).tolist()


def test_nothing_given_is_no_figure() -> None:
    assert mean_of(ours({"a": []}, {"a": [((0, 0, 1, 1), "card", 0.5)]})) is None


@pytest.fixture
def boxes(cast: Cast) -> Boxing:
    made = boxing(cast)
    made.fill(40)
    made.review()
    return made


@pytest.mark.django_db
def test_a_dataset_is_evaluated_in_the_background(boxes: Boxing) -> None:
    client = boxes.cast.client(boxes.cast.manager)
    page = reverse("accuracy", args=["boxes"])
    assert 'id="evaluate"' in client.get(page).content.decode()
    assert client.post(reverse("evaluate", args=["boxes"])).status_code == 302
    # Once is enough.
    client.post(reverse("evaluate", args=["boxes"]))
    assert Evaluation.objects.count() == 1
    assert "Computing" in client.get(page).content.decode()
    assert work_one_evaluation()
    assert not work_one_evaluation()
    done = Evaluation.objects.get()
    assert (done.state, done.items, done.left_out) == ("done", 40, 0)
    assert done.result is not None
    classes = [ClassPrecision(**row) for row in done.result["classes"]]
    alike(classes, boxes.truth, boxes.said)
    assert done.result["means"] == pytest.approx(by_coco(boxes.truth, boxes.said)[0], abs=1e-6)
    text = client.get(page).content.decode()
    assert f"{100 * done.result['means']['mean']:.1f}" in text
    assert "40 items" in text


@pytest.mark.django_db
def test_items_without_scores_are_left_out_and_told(cast: Cast) -> None:
    made = boxing(cast)
    chance = random.Random(2)
    found = [(box(chance), "card", 1.0)]
    asset = blank()
    made.truth = {"with": found, "without": found}
    parts = {"with": [0.7], "without": [None]}
    said = [
        Said("", asset=asset, external_id=name, value=value(found), parts=part, confidence=0.2)
        for name, part in parts.items()
    ]
    fill(made.dataset, said)
    assert PreLabel.objects.filter(item__dataset=made.dataset).count() == 2
    made.review()
    evaluate(dataset=made.dataset, actor=cast.manager)
    assert work_one_evaluation()
    done = Evaluation.objects.get()
    assert (done.items, done.left_out) == (1, 1)
    assert done.result is not None
    assert done.result["means"] == pytest.approx({"mean": 1, "at_50": 1, "at_75": 1})


@pytest.mark.django_db
def test_where_nothing_has_a_score_that_is_what_is_said(cast: Cast) -> None:
    made = boxing(cast)
    found = [(box(random.Random(2)), "card", 1.0)]
    made.truth = {"one": found, "two": found}
    asset = blank()
    said = [
        Said("", asset=asset, external_id=name, value=value(found), parts=[None], confidence=0.2) for name in made.truth
    ]
    fill(made.dataset, said)
    made.review()
    evaluate(dataset=made.dataset, actor=cast.manager)
    assert work_one_evaluation()
    text = " ".join(cast.client(cast.manager).get(reverse("accuracy", args=["boxes"])).content.decode().split())
    assert "No figure: average precision needs the scores of regions." in text
    assert "2 items were left out, because not every region has a score." in text
    assert "People gave no region" not in text


@pytest.mark.django_db
def test_the_page_asks_again_while_it_is_worked_out(boxes: Boxing) -> None:
    client = boxes.cast.client(boxes.cast.manager)
    page = reverse("accuracy", args=["boxes"])
    polls = f'hx-get="{page}?part=evaluation" hx-trigger="every 2s"'
    assert polls not in client.get(page).content.decode()
    client.post(reverse("evaluate", args=["boxes"]))
    assert polls in client.get(page).content.decode()
    part = client.get(f"{page}?part=evaluation", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<section")
    assert polls in part
    assert work_one_evaluation()
    done = client.get(f"{page}?part=evaluation", headers={"HX-Request": "true"}).content.decode()
    assert "40 items" in done
    assert "hx-trigger" not in done


@pytest.mark.django_db
def test_only_managers_ask_for_it_and_only_of_regions(boxes: Boxing) -> None:
    url = reverse("evaluate", args=["boxes"])
    assert boxes.cast.client(boxes.cast.outsider).post(url).status_code == 404
    assert boxes.cast.client(boxes.cast.reviewer).post(url).status_code == 403
    assert (
        'id="evaluate"'
        not in boxes.cast.client(boxes.cast.viewer).get(reverse("accuracy", args=["boxes"])).content.decode()
    )
    spans = spanning(boxes.cast)
    client = boxes.cast.client(boxes.cast.manager)
    client.post(reverse("evaluate", args=["stretches"]))
    assert not Evaluation.objects.filter(dataset=spans.dataset).exists()


@pytest.mark.django_db
def test_programs_ask_for_it_and_read_it(boxes: Boxing) -> None:
    program = Program.of(boxes.cast.manager)
    job = program.call("POST", "datasets/boxes/evaluations/", {}, key="once", expect=202)
    assert program.call("POST", "datasets/boxes/evaluations/", {}, key="once", expect=202) == job
    assert (job["status"], job["means"], job["classes"]) == ("pending", None, [])
    assert program.call("POST", "datasets/boxes/evaluations/", {}, expect=409)["code"] == "evaluation"
    assert work_one_evaluation()
    done = Program.of(boxes.cast.viewer).call("GET", f"datasets/boxes/evaluations/{job['id']}/", expect=200)
    means, _ = by_coco(boxes.truth, boxes.said)
    assert (done["status"], done["items"]) == ("done", 40)
    assert done["means"] == pytest.approx(means, abs=1e-6)
    assert [one["label"] for one in done["classes"]] == sorted(CLASSES)
    assert program.call("GET", "datasets/boxes/evaluations/")["results"] == [done]
    assert program.call("POST", "datasets/letters/evaluations/", {}, expect=400)["code"] == "not_regions"
