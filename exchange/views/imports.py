"""Imports in the browser: upload, mapping, progress, report."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Role, User
from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.item_kinds import ITEM_KINDS
from datasets.models import Dataset
from exchange import importing
from exchange.formats import FILE_READERS, FOLDER, FileReader
from exchange.formats.choosing import chooses, sheets_of
from exchange.formats.columns import field_of
from exchange.formats.encodings import NAMES, encoding_of
from exchange.forms import FolderForm, UploadForm
from exchange.importing.issues import unused_of
from exchange.importing.mapping import CHOICES
from exchange.importing.new_classes import FIRST, lacking_at_first
from exchange.importing.previewing import look_at
from exchange.importing.proposing import guessed_mapping
from exchange.importing.report import report_response
from exchange.models import Import
from ground.errors import CountersignError
from ground.web.requests import number_in, wants_fragment
from kinds import TASK_KINDS
from kinds.named import named
from work.models import State
from work.pace import pace

PAGE = 20
ISSUES = 50

# Mapping targets for each item kind.
TARGETS = [
    ("image", "Image", "the file in the archive"),
    ("text", "Text", "the text to be labelled"),
    ("external_id", "ID", "rows with the same ID are one item"),
    ("label", "Ground-truth label", "a human label"),
    ("prediction", "Model prediction", "a label that a model gave"),
    ("confidence", "Confidence of the prediction", "0 to 1, or a percentage"),
    ("source", "Label source", "human or auto; auto labels become predictions"),
    ("split", "Split", "train, validation, test, …"),
]


@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest, slug: str) -> HttpResponse:
    """Upload a file; list earlier imports."""
    uploading = request.method == "POST"
    dataset = dataset_for(user_of(request), slug, Role.MANAGER if uploading else Role.VIEWER)
    from_folder = uploading and "path" in request.POST
    form = UploadForm(*_sent(request, sent=uploading and not from_folder), dataset=dataset)
    folder_form = FolderForm(request.POST if from_folder else None)
    asked: UploadForm | FolderForm = folder_form if from_folder else form
    refused = 422
    if uploading and asked.is_valid():
        try:
            job = _created(dataset, user_of(request), asked)
        except CountersignError as error:
            asked.add_error("path" if from_folder else "file", error.message)
            refused = {"too_large": 413, "storage_failed": 507}.get(error.code, 422)
        else:
            return redirect("import", slug, job.pk)
    jobs = dataset.imports.order_by("-id")
    before = request.GET.get("before", "")
    found = list((jobs.filter(pk__lt=int(before)) if number_in(before) else jobs)[: PAGE + 1])
    holds = ITEM_KINDS[dataset.item_kind].stores
    context = {
        "dataset": dataset,
        "tab": "imports",
        "form": form,
        "folder_form": folder_form if FOLDER in FILE_READERS and holds == "file" else None,
        "jobs": found[:PAGE],
        "more": found[PAGE - 1].pk if len(found) > PAGE else None,
    }
    return render(request, "exchange/imports/list.html", context, status=refused if asked.errors else 200)


def _sent(request: HttpRequest, *, sent: bool) -> tuple[Any, Any]:
    """The data and files of the request to bind a form to, or nothing."""
    return (request.POST, request.FILES) if sent else (None, None)


def _created(dataset: Dataset, actor: User, form: UploadForm | FolderForm) -> Import:
    """The import from the form, its mapping still to be confirmed."""
    if isinstance(form, FolderForm):
        path = form.cleaned_data["path"]
        return importing.create_folder_import(dataset=dataset, actor=actor, path=path, confirmed=False)
    upload = form.cleaned_data["file"]
    return importing.create_import(
        dataset=dataset,
        actor=actor,
        file_name=upload.name,
        chunks=upload.chunks(),
        format=form.cleaned_data["format"],
        confirmed=False,
    )


@never_cache
@require_GET
def import_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Before the start the mapping and the first rows; after it progress and report."""
    dataset = dataset_for(user_of(request), slug)
    job = get_object_or_404(Import, dataset=dataset, pk=pk)
    if job.state == State.PAUSED and job.position == 0 and not job.started_at:
        return _mapping_page(request, dataset, job, {})
    context = {
        "dataset": dataset,
        "tab": "imports",
        "job": job,
        "percent": 100 if job.state == State.DONE else min(99, 100 * job.bytes_read // max(job.size, 1)),
        "going": job.state in {State.PENDING, State.RUNNING},
        "pace": pace(
            units=job.accepted + job.duplicates + job.rejected,
            done=job.bytes_read / max(job.size, 1),
            since=job.started_at,
        ),
        "issues": job.issues.order_by("-kind", "row")[:ISSUES],
        "unused": unused_of(job),
    }
    template = "exchange/imports/_progress.html" if wants_fragment(request) else "exchange/imports/detail.html"
    return render(request, template, context)


def _mapping_page(
    request: HttpRequest, dataset: Dataset, job: Import, mapping: dict[str, Any], *, error: str = ""
) -> HttpResponse:
    reader = FILE_READERS[job.format]
    if reader.annotates:
        return _choices_page(request, dataset, job, mapping, error)
    columns, rows, lacking = [], [], list[str]()
    chosen = mapping or job.mapping
    how: dict[str, Any] = {}
    try:
        path = importing.file_path(job)
        how = _ways_to_read(reader, path, chosen)
        reader = importing.reader_of(job, chosen)
        columns, rows = reader.columns(path), list(reader.preview(path))
        lacking = lacking_at_first(dataset, reader.preview(path, FIRST), chosen)
    except CountersignError as problem:
        error = error or problem.message
    elements = named(TASK_KINDS[dataset.task_kind]) is None
    context = {
        "dataset": dataset,
        "tab": "imports",
        "job": job,
        "columns": columns,
        "rows": _preview(rows, columns),
        "targets": [(*target, chosen.get(target[0], "")) for target in TARGETS if _fits(target[0], dataset)],
        "separator": chosen.get("separator", "|"),
        "lacking": lacking,
        **how,
        "attach": chosen.get("attach", False),
        "attach_labels": chosen.get("attach_labels", False),
        # A wrongly guessed column contains any words, but hardly spans or regions.
        "new_classes": chosen.get("new_classes", elements and bool(lacking)),
        "error": error,
    }
    return render(request, "exchange/imports/mapping.html", context, status=422 if error else 200)


def _ways_to_read(reader: FileReader, path: Path, chosen: dict[str, Any]) -> dict[str, Any]:
    """The reading options: encoding or sheet. Raises InvalidInput."""
    to_choose = chooses(reader)
    if "encoding" in to_choose:
        guessed = chosen.get("encoding") or encoding_of(path)
        return {"encodings": [(name, title, name == guessed) for name, title in NAMES.items()]}
    if "sheet" in to_choose:
        names, first = sheets_of(reader, path)
        return {"sheets": [(name, name == chosen.get("sheet", first)) for name in names]}
    return {}


def _choices_page(
    request: HttpRequest, dataset: Dataset, job: Import, mapping: dict[str, Any], error: str
) -> HttpResponse:
    """The options of a self-describing file."""
    reader, look = FILE_READERS[job.format], None
    try:
        look = look_at(dataset, reader, importing.file_path(job))
    except CountersignError as problem:
        error = error or problem.message
    context = {
        "dataset": dataset,
        "tab": "imports",
        "job": job,
        "format": reader.title,
        "look": look,
        "chosen": {"annotations": "label", "new_classes": bool(look and look.lacking)} | (mapping or {}),
        "error": error,
    }
    return render(request, "exchange/imports/choices.html", context, status=422 if error else 200)


def _fits(target: str, dataset: Dataset) -> bool:
    if ITEM_KINDS[dataset.item_kind].stores == "file":
        return target != "text"
    return target != "image"


def _preview(rows: list[Any], columns: list[str]) -> list[tuple[int, list[str], str]]:
    """(row number, cells, error) of the first rows."""
    shown = []
    for row in rows:
        fields = getattr(row, "fields", None)
        if fields is not None:
            shown.append((row.number, [_cell(fields, column) for column in columns], ""))
        elif hasattr(row, "reason"):
            where = f"{row.field}: " if row.field else ""
            shown.append((row.number, [], f"{where}{row.reason} {row.remedy}"))
        else:
            shown.append((row.number, [row.name, getattr(row, "folder", "") or ""], ""))
    return shown


def _cell(fields: dict[str, object], column: str) -> str:
    value = field_of(fields, column)
    return "" if value is None else str(value)[:200]


@require_POST
def confirm(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Start the import with the confirmed mapping."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    job = get_object_or_404(Import, dataset=dataset, pk=pk)
    mapping: dict[str, Any]
    if FILE_READERS[job.format].annotates:
        mapping = {
            "annotations": request.POST.get("annotations", ""),
        }
    else:
        names = [*(target[0] for target in TARGETS), "separator", "encoding", "sheet"]
        mapping = {name: request.POST[name] for name in names if request.POST.get(name)}
    mapping |= {name: name in request.POST for name in ("new_classes", "attach", "attach_labels")}
    if "again" in request.POST:
        return _mapping_page(request, dataset, job, _read_again(job, mapping))
    try:
        importing.confirm_import(job=job, actor=user_of(request), mapping=mapping)
    except CountersignError as error:
        return _mapping_page(request, dataset, job, mapping, error=error.message)
    return redirect("import", slug, pk)


def _read_again(job: Import, mapping: dict[str, Any]) -> dict[str, Any]:
    """The mapping for the file as read now: another sheet or encoding has other columns."""
    ways: dict[str, Any] = {name: mapping[name] for name in ("encoding", "sheet") if name in mapping}
    try:
        reader, path = importing.reader_of(job, ways), importing.file_path(job)
        columns = reader.columns(path)
        kept = {name: value for name, value in mapping.items() if name in CHOICES or value in columns}
        return guessed_mapping(job.dataset, reader, path, columns, looked_at=True) | kept
    except CountersignError:
        # The page shows the reason.
        return mapping


@require_POST
def act(request: HttpRequest, slug: str, pk: int, action: str) -> HttpResponse:
    """Pause or resume."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    job = get_object_or_404(Import, dataset=dataset, pk=pk)
    try:
        (importing.pause_import if action == "pause" else importing.resume_import)(job=job, actor=user_of(request))
    except CountersignError as error:
        messages.error(request, error.message)
    return redirect("import", slug, pk)


@require_GET
def report(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """Rejected rows as CSV."""
    dataset = dataset_for(user_of(request), slug)
    return report_response(get_object_or_404(Import, dataset=dataset, pk=pk))
