"""Settings of Blender's engines."""

from __future__ import annotations

from typing import Any

from spatialenv.renderers.blender.inside.tones import NEUTRAL, STANDARD

def set_quality(scene: Any, settings: dict[str, Any]) -> None:
    """Set up the engine.

    Args:
        scene: Blender's scene.
        settings: ``engine, samples, denoise, threads, device, quality``.
    """
    render = scene.render
    render.engine = "CYCLES"
    render.threads_mode, render.threads = "FIXED", settings["threads"]
    render.use_persistent_data = settings.get("persistent", False)
    render.use_compositing = render.use_sequencer = False
    render.dither_intensity = 0.0
    image = render.image_settings
    if hasattr(image, "media_type"):  # Blender 5
        image.media_type = "IMAGE"
    image.file_format, image.color_mode, image.color_depth = "TARGA_RAW", "RGB", "8"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.seed = 0
    cycles.samples = settings["samples"]
    cycles.use_adaptive_sampling = False
    cycles.use_auto_tile = False
    cycles.use_denoising = settings["denoise"]
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_input_passes = "RGB_ALBEDO"
    cycles.denoising_prefilter = "ACCURATE"
    cycles.pixel_filter_type = "BOX"
    cycles.max_bounces = 3
    cycles.diffuse_bounces = 2
    cycles.glossy_bounces = 2
    cycles.transmission_bounces = 2
    cycles.transparent_max_bounces = 24
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 3.0
    for name, value in settings.get("_tries", {}).items():
        setattr(cycles, name, value)


def set_tones(scene: Any) -> str:
    """Choose the best view transform that this Blender has, and return its name."""
    for transform in (NEUTRAL, STANDARD):
        try:
            scene.view_settings.view_transform = transform
        except TypeError:
            continue
        return transform
    raise ValueError(f"this Blender has no view transform {STANDARD!r}")
