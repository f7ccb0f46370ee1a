"""Image files of items: only for members, never run by a browser as anything but an image."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from labeling import image_files
from labeling.access import dataset_for
from labeling.errors import InvalidInput
from labeling.http import user_of
from labeling.models import Item

# Sides of thumbnails in pixels; other sizes are rounded up to one of these, so that few are ever made.
SIDES = (112, 256, 512, 1024)


@cache_control(private=True, max_age=86_400, immutable=True)
@require_GET
def asset(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The item's image, whole or (`?side=`) as a WebP that fits a square."""
    dataset = dataset_for(user_of(request), slug)
    item = get_object_or_404(Item.objects.select_related("asset"), dataset=dataset, pk=pk)
    path = image_files.path_of(item.asset.sha256) if item.asset else None
    if item.asset is None or path is None or not path.exists():
        raise Http404("The item has no file.")
    try:
        data, media_type = _wanted(path.read_bytes(), item.asset.media_type, request.GET.get("side", ""))
    except InvalidInput as error:
        raise Http404(f"The item's file cannot be shown. {error.message}") from None
    response = HttpResponse(data, content_type=media_type)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Content-Disposition"] = f'inline; filename="{item.asset.sha256[:16]}.{media_type.partition("/")[2]}"'
    return response


def _wanted(data: bytes, media_type: str, side: str) -> tuple[bytes, str]:
    """The file as browsers show it, or small. Raises InvalidInput for one that was damaged since its import."""
    if not side.isdecimal() or len(side) > 5:
        return image_files.shown(data, media_type)
    return image_files.thumbnail(data, next((n for n in SIDES if n >= int(side)), SIDES[-1])), "image/webp"
