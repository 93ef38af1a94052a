"""Settings of Blender's engines."""

from __future__ import annotations

from typing import Any

TONES = ("Khronos PBR Neutral", "Standard")
"""View transforms, best first: this one leaves the colours of surfaces as they are and does not clip what is bright."""


def set_quality(scene: Any, settings: dict[str, Any]) -> None:
    """Set up the engine.

    Args:
        scene: Blender's scene.
        settings: ``engine, samples, denoise, threads, device, quality``.
    """
    render = scene.render
    render.engine = "CYCLES"
    render.threads_mode, render.threads = "FIXED", settings["threads"]
    render.film_transparent = True
    render.use_persistent_data = settings.get("persistent", False)
    render.use_compositing = render.use_sequencer = False
    render.dither_intensity = 0.0
    for tone in TONES:
        try:
            scene.view_settings.view_transform = tone
            break
        except TypeError:
            continue
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.seed = 0
    cycles.samples = settings["samples"]
    cycles.use_adaptive_sampling = False
    cycles.use_auto_tile = False
    cycles.use_denoising = settings["denoise"]
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    cycles.denoising_prefilter = "FAST"
    cycles.max_bounces = 3
    cycles.diffuse_bounces = 2
    cycles.glossy_bounces = 2
    cycles.transmission_bounces = 2
    cycles.transparent_max_bounces = 8
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 3.0
