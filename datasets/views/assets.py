"""Files of items: for members only, and never executed by a browser."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from accounts.requests import user_of
from datasets import renditions
from datasets.access import dataset_for
from datasets.media import image_files, thumbnails
from datasets.models import Asset, Item
from ground.errors import Busy, InvalidInput
from ground.web.ranges import file_response
from ground.web.requests import asked, number_in

# Retry-After in seconds for pages (static/js/shared/images.js).
_RETRY_SECONDS = 1
_PNG = b"\x89PNG"


@require_GET
def asset(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """The item's file, or a byte range of it; with `?side=` a WebP thumbnail; with `?rendition=` a rendition for its
    viewer, or the file itself until that exists. 503 while too many others are being created."""
    dataset = dataset_for(user_of(request), slug)
    item = get_object_or_404(Item.objects.select_related("asset"), dataset=dataset, pk=pk)
    if item.asset is None:
        raise Http404("The item has no file.")
    sha256, side = item.asset.sha256, number_in(asked(request.GET, "side")[:6])
    width, height = item.asset.width, item.asset.height
    pixels = None if width is None or height is None else width * height
    try:
        if name := asked(request.GET, "rendition")[:40]:
            return _rendition(request, item.asset, dataset.item_kind, name)
        if side is not None:
            return _shown(thumbnails.thumbnail(sha256, side, pixels=pixels), "image/webp", sha256)
        return _whole(request, item.asset, pixels)
    except FileNotFoundError:
        raise Http404("The item has no file.") from None
    except InvalidInput as error:
        raise Http404(f"The item's file cannot be shown. {error.message}") from None
    except Busy:
        later = HttpResponse(status=503, headers={"Retry-After": str(_RETRY_SECONDS), "Cache-Control": "no-store"})
        # Not an error: Django would log it as one.
        later._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark
        return later


def _whole(request: HttpRequest, asset: Asset, pixels: int | None) -> HttpResponseBase:
    upright = thumbnails.upright(asset.sha256, asset.media_type, pixels=pixels)
    if upright is not None:
        return _shown(upright, "image/png" if upright.startswith(_PNG) else "image/webp", asset.sha256)
    whole = file_response(request, image_files.path_of(asset.sha256), media_type=asset.media_type)
    return _guarded(whole, asset.media_type, asset.sha256)


def _rendition(request: HttpRequest, asset: Asset, item_kind: str, name: str) -> HttpResponseBase:
    found = renditions.made(item_kind, asset, name)
    if found is None:
        pixels = None if asset.width is None or asset.height is None else asset.width * asset.height
        # The next request may find it ready.
        whole = _whole(request, asset, pixels)
        whole["Cache-Control"] = "private, no-cache"
        return whole
    path, row = found
    return _guarded(file_response(request, path, media_type=row.media_type), row.media_type, row.sha256)


def _shown(data: bytes, media_type: str, sha256: str) -> HttpResponseBase:
    return _guarded(HttpResponse(data, content_type=media_type), media_type, sha256)


def _guarded(response: HttpResponseBase, media_type: str, sha256: str) -> HttpResponseBase:
    """Adds headers that prevent execution and embedding in other sites."""
    patch_cache_control(response, private=True, max_age=86_400, immutable=True)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Content-Disposition"] = f'inline; filename="{sha256[:16]}.{media_type.partition("/")[2]}"'
    return response
