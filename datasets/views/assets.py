"""Files of items: only for members, never run by a browser as anything but what they are."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.media import image_files, thumbnails
from datasets.models import Item
from ground.errors import Busy, InvalidInput
from ground.web.ranges import file_response
from ground.web.requests import asked, number_in

# What a page that is told to wait waits before it asks again (static/js/shared/images.js).
_RETRY_SECONDS = 1


@require_GET
def asset(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """The item's file, whole or the part that is asked for, or (`?side=`) as a WebP that fits a square. 503 while too
    many others are made."""
    dataset = dataset_for(user_of(request), slug)
    item = get_object_or_404(Item.objects.select_related("asset"), dataset=dataset, pk=pk)
    if item.asset is None:
        raise Http404("The item has no file.")
    sha256, side = item.asset.sha256, number_in(asked(request.GET, "side")[:6])
    width, height = item.asset.width, item.asset.height
    pixels = None if width is None or height is None else width * height
    try:
        if side is not None:
            return _shown(thumbnails.thumbnail(sha256, side, pixels=pixels), "image/webp", sha256)
        upright = thumbnails.upright(sha256, item.asset.media_type, pixels=pixels)
        if upright is not None:
            return _shown(upright, item.asset.media_type, sha256)
        whole = file_response(request, image_files.path_of(sha256), media_type=item.asset.media_type)
        return _guarded(whole, item.asset.media_type, sha256)
    except FileNotFoundError:
        raise Http404("The item has no file.") from None
    except InvalidInput as error:
        raise Http404(f"The item's file cannot be shown. {error.message}") from None
    except Busy:
        later = HttpResponse(status=503, headers={"Retry-After": str(_RETRY_SECONDS), "Cache-Control": "no-store"})
        # Nothing has failed: Django would write an error into the log.
        later._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark
        return later


def _shown(data: bytes, media_type: str, sha256: str) -> HttpResponseBase:
    return _guarded(HttpResponse(data, content_type=media_type), media_type, sha256)


def _guarded(response: HttpResponseBase, media_type: str, sha256: str) -> HttpResponseBase:
    """With what keeps a browser from running it, or another site from showing it."""
    patch_cache_control(response, private=True, max_age=86_400, immutable=True)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Content-Disposition"] = f'inline; filename="{sha256[:16]}.{media_type.partition("/")[2]}"'
    return response
