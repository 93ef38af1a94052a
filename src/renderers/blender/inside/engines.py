"""Blender's engines and the devices that they run on."""

from __future__ import annotations

import re
from typing import Any

import bpy

EEVEES = ("BLENDER_EEVEE", "BLENDER_EEVEE_NEXT")
"""Names of EEVEE: since Blender 5, and before."""

CARDS = ("OPTIX", "CUDA", "HIP", "ONEAPI", "METAL")
"""Ways in which Cycles runs on graphics cards, best first."""

_SOFTWARE = re.compile(r"llvmpipe|softpipe|swrast|software|swiftshader", re.IGNORECASE)

FIRST = {
    "engine": "cycles",
    "samples": 1,
    "denoise": True,
    "is_showcase": False,
    "threads": 1,
    "device": "cpu",
}
"""Settings of a picture that is thrown away."""


class MissingDeviceError(Exception):
    """Something was asked for that this Blender or this machine does not have: a graphics card, EEVEE, a denoiser."""


class Engine:
    """Sets up a scene's engine; remembers which graphics card there is, and whether it fails."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._card: str | None = None
        self._has_failed = False

    def set_up(self, settings: dict[str, Any]) -> None:
        """Set up the engine for a picture.

        Args:
            settings: ``engine`` (``"cycles"``, ``"eevee"``), ``samples``, ``denoise``, ``is_showcase``, ``threads``,
                ``device`` (``"auto"``, ``"cpu"``, ``"gpu"``).

        Raises:
            MissingDeviceError: If it must be a graphics card and there is none.
        """
        render = self._scene.render
        render.threads_mode, render.threads = "FIXED", settings["threads"]
        # What is kept from picture to picture would let a picture depend on those before it, and saves little.
        render.use_persistent_data = False
        render.use_compositing = render.use_sequencer = False
        render.use_file_extension = False
        render.dither_intensity = 0.0
        image = render.image_settings
        if hasattr(image, "media_type"):  # Blender 5
            image.media_type = "IMAGE"
        image.file_format, image.color_mode, image.color_depth = "TARGA_RAW", "RGB", "8"
        if settings["engine"] == "eevee":
            self._set_up_eevee(settings)
        else:
            self._set_up_cycles(settings)

    def describe(self, settings: dict[str, Any]) -> tuple[str, bool]:
        """Return the engine and what it runs on, and whether that is the processor.

        Raises:
            MissingDeviceError: See `set_up`.
        """
        self.set_up(settings)
        if settings["engine"] == "eevee":
            name = _opengl_name()
            return f"EEVEE, {name}" if name else "EEVEE", _SOFTWARE.search(name) is not None
        if self._scene.cycles.device == "CPU":
            return "Cycles, processor", True
        devices = bpy.context.preferences.addons["cycles"].preferences.devices
        names = sorted({device.name for device in devices if device.use})
        return f"Cycles, {self._card}: {', '.join(names)}", False

    def can_give_up_card(self, settings: dict[str, Any]) -> bool:
        """Return whether a picture that failed may succeed without the graphics card; from now on it is not used."""
        is_first = not self._has_failed and bool(self._card) and settings["device"] == "auto"
        self._has_failed = True
        return is_first and settings["engine"] == "cycles"

    def _set_up_eevee(self, settings: dict[str, Any]) -> None:
        for name in EEVEES:
            try:
                self._scene.render.engine = name
                break
            except TypeError:
                continue
        else:
            raise MissingDeviceError("this Blender has no EEVEE: use `engine` 'cycles'")
        self._scene.eevee.taa_render_samples = settings["samples"]

    def _set_up_cycles(self, settings: dict[str, Any]) -> None:
        self._scene.render.engine = "CYCLES"
        cycles, is_showcase = self._scene.cycles, settings["is_showcase"]
        cycles.device = "GPU" if self._uses_card(settings["device"]) else "CPU"
        cycles.seed = 0
        cycles.samples = settings["samples"]
        cycles.use_adaptive_sampling = False
        cycles.use_auto_tile = False
        cycles.use_denoising = settings["denoise"]
        if settings["denoise"]:
            _set_denoiser(cycles)
        cycles.denoising_use_gpu = cycles.device == "GPU"
        # What guides the denoiser may be cleaned before, which takes as long again twice.
        cycles.denoising_prefilter = "ACCURATE" if is_showcase else "FAST"
        cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
        cycles.pixel_filter_type = "BLACKMAN_HARRIS" if is_showcase else "BOX"
        cycles.filter_width = 1.5
        cycles.max_bounces = 8 if is_showcase else 3
        cycles.diffuse_bounces = 4 if is_showcase else 2
        cycles.glossy_bounces = 4 if is_showcase else 2
        cycles.transmission_bounces = 4 if is_showcase else 2
        cycles.transparent_max_bounces = 24
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.sample_clamp_direct, cycles.sample_clamp_indirect = 0.0, 3.0
        cycles.film_exposure = 1.0

    def _uses_card(self, device: str) -> bool:
        if device == "cpu":
            return False
        if self._card is None:
            self._card = _switch_on_card()
        if device == "gpu" and not self._card:
            raise MissingDeviceError("Cycles finds no graphics card: use `device` 'auto'")
        return bool(self._card) and not (device == "auto" and self._has_failed)


def _set_denoiser(cycles: Any) -> None:
    try:
        cycles.denoiser = "OPENIMAGEDENOISE"
    except TypeError:  # some distributions build Blender without it
        raise MissingDeviceError(
            "this Blender was built without a denoiser: use `denoise` false, or what spatialenv blender install makes"
        ) from None


def _opengl_name() -> str:
    """Return what OpenGL runs on; empty where Blender has not used it yet."""
    import gpu

    try:
        return str(gpu.platform.renderer_get())
    except SystemError:
        return ""


def _switch_on_card() -> str:
    """Switch on all graphics cards of the best kind, and return the kind; empty where there is none."""
    preferences = bpy.context.preferences.addons["cycles"].preferences
    for kind in CARDS:
        try:
            devices = preferences.get_devices_for_type(kind)
            found = [device for device in devices if device.type == kind]
            if not found:
                continue
            preferences.compute_device_type = kind
        except (TypeError, ValueError):  # a kind that this Blender was not built with
            continue
        for device in preferences.devices:
            device.use = device.type == kind
        return kind
    return ""
