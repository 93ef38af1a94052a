"""Universal Scene Description: for Isaac Sim, Omniverse, Blender, Apple's viewers."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from spatialenv.core.mesh import Material, Texture, TriangleMesh
from spatialenv.core.placed import FloatArray
from spatialenv.errors import require
from spatialenv.export.base import Exporter
from spatialenv.export.contents import Contents
from spatialenv.export.files import check_folder, write_with_folder
from spatialenv.export.names import printable, unique_names
from spatialenv.export.physics import FRICTION, Physics, make_physics
from spatialenv.export.surfaces import float32, has_area, linear, png

ROOT = "/Scene"
COLLIDER = "Collider"

GENTLE_SPEED = 0.5
"""Metres a second at which PhysX may push bodies apart that begin in each other; it throws them up by 1 cm at most."""


class UsdExporter(Exporter):
    """USD: metres, z up, an Xform for each object below ``/Scene/Objects``, named by its id made a legal name.

    The true id, the category and the size stand in attributes ``spatialenv:id``, ``spatialenv:category`` and
    ``spatialenv:size``, the category also as a semantic label. Objects are rigid bodies with a box each as collider;
    floor and walls stand still. Textures lie in a folder beside, in a ``.usdz`` in the file itself.
    """

    endings: ClassVar[tuple[str, ...]] = (".usda", ".usd", ".usdc", ".usdz")

    def write(self, contents: Contents, path: Path) -> list[Path]:
        """Write the file and its textures; see `Exporter`."""
        require("pxr.Usd", "export", "a USD file")
        is_package = path.suffix.lower() == ".usdz"
        folder = check_folder(path)
        stage = _Stage(contents, folder.name)
        with tempfile.TemporaryDirectory(prefix="spatialenv-") as scratch:
            content = stage.to_bytes(Path(scratch), ".usdc" if is_package else path.suffix.lower(), is_package)
        return write_with_folder(path, content, {} if is_package else stage.files)


class _Stage:
    """A stage in memory, and the textures that it names."""

    def __init__(self, contents: Contents, folder: str) -> None:
        from pxr import Usd, UsdGeom, UsdPhysics

        self.files: dict[str, bytes] = {}
        self._contents = contents
        self._folder = folder
        self._stage = Usd.Stage.CreateInMemory()
        self._materials: dict[Material, Any] = {}
        self._textures: dict[Texture, str] = {}
        UsdGeom.SetStageUpAxis(self._stage, UsdGeom.Tokens.z)
        UsdGeom.SetStageMetersPerUnit(self._stage, 1.0)
        UsdPhysics.SetStageKilogramsPerUnit(self._stage, 1.0)
        root = UsdGeom.Xform.Define(self._stage, ROOT).GetPrim()
        self._stage.SetDefaultPrim(root)
        Usd.ModelAPI(root).SetKind("assembly")
        for name in ("Objects", "Room", "Colliders"):
            UsdGeom.Xform.Define(self._stage, f"{ROOT}/{name}")
        UsdGeom.Scope.Define(self._stage, f"{ROOT}/Materials")
        physics = make_physics(contents.placed)
        self._rough = self._add_physics()
        self._add_room()
        ground, walls = self._add_colliders(physics)
        objects = self._add_objects(physics)
        for i, j in physics.apart:
            self._pass_through(objects[i], objects[j])
        for i, j in physics.through:
            self._pass_through(objects[i], walls[j])
        for i in physics.unborne:
            self._pass_through(objects[i], ground)

    def to_bytes(self, scratch: Path, ending: str, is_package: bool) -> bytes:
        """Return the file."""
        from pxr import Sdf, UsdUtils

        main = scratch / f"scene{ending}"
        self._stage.GetRootLayer().Export(str(main))
        if not is_package:
            return main.read_bytes()
        (scratch / self._folder).mkdir()
        for name, content in self.files.items():
            (scratch / self._folder / name).write_bytes(content)
        package = scratch / "scene.usdz"
        UsdUtils.CreateNewUsdzPackage(Sdf.AssetPath(str(main)), str(package))
        return package.read_bytes()

    def _add_physics(self) -> Any:
        from pxr import Gf, UsdPhysics, UsdShade

        scene = UsdPhysics.Scene.Define(self._stage, f"{ROOT}/PhysicsScene")
        scene.CreateGravityDirectionAttr(Gf.Vec3f(0, 0, -1))
        scene.CreateGravityMagnitudeAttr(9.81)
        rough = UsdShade.Material.Define(self._stage, f"{ROOT}/Materials/Rough")
        surface = UsdPhysics.MaterialAPI.Apply(rough.GetPrim())
        surface.CreateStaticFrictionAttr(FRICTION)
        surface.CreateDynamicFrictionAttr(FRICTION)
        surface.CreateRestitutionAttr(0.0)
        return rough

    def _add_room(self) -> None:
        from pxr import UsdGeom

        parts = self._contents.room
        for name, part in zip(unique_names(part.name for part in parts), parts, strict=True):
            path = f"{ROOT}/Room/{name}"
            self._describe(UsdGeom.Mesh.Define(self._stage, path).GetPrim(), part.name, part.kind)
            self._add_mesh(path, part.mesh)

    def _add_colliders(self, physics: Physics) -> tuple[Any, list[Any]]:
        from pxr import UsdGeom, UsdPhysics

        ground = UsdGeom.Plane.Define(self._stage, f"{ROOT}/Colliders/ground")
        ground.CreateAxisAttr("Z")
        ground.CreatePurposeAttr(UsdGeom.Tokens.guide)
        UsdPhysics.CollisionAPI.Apply(ground.GetPrim())
        self._bind_physics(ground.GetPrim())
        walls = []
        bodies = physics.walls
        for k, name in enumerate(unique_names(bodies.names, ("ground",))):
            path = f"{ROOT}/Colliders/{name}"
            self._place(path, bodies.centers[k], float(bodies.yaws[k]))
            walls.append(self._add_box(f"{path}/{COLLIDER}", bodies.sizes[k]))
        return ground.GetPrim(), walls

    def _add_objects(self, physics: Physics) -> list[Any]:
        from pxr import Gf, Sdf, Usd, UsdPhysics

        colliders = []
        gentle = {k for pair in physics.overlapping for k in pair} | set(physics.sunken)
        props = self._contents.props
        bodies = physics.objects
        names = unique_names((prop.id for prop in props), (COLLIDER,))
        for k, (name, prop) in enumerate(zip(names, props, strict=True)):
            item = self._contents.item(prop)
            path = f"{ROOT}/Objects/{name}"
            prim = self._place(path, prop.center, prop.yaw)
            Usd.ModelAPI(prim).SetKind("component")
            self._describe(prim, prop.id, item.category)
            size = prim.CreateAttribute("spatialenv:size", Sdf.ValueTypeNames.Double3, custom=True)
            size.Set(Gf.Vec3d(*item.size))
            prim.CreateAttribute("spatialenv:yaw", Sdf.ValueTypeNames.Double, custom=True).Set(math.degrees(prop.yaw))
            # Blender takes an Xform and its only mesh for one object, and the name of the mesh for its name.
            self._add_mesh(f"{path}/{name}", prop.mesh)
            colliders.append(self._add_box(f"{path}/{COLLIDER}", bodies.sizes[k]))
            mass = float(bodies.masses[k])
            if mass > 0.0:
                UsdPhysics.RigidBodyAPI.Apply(prim)
                UsdPhysics.MassAPI.Apply(prim).CreateMassAttr(mass)
                if k in gentle:
                    prim.AddAppliedSchema("PhysxRigidBodyAPI")
                    limit = "physxRigidBody:maxDepenetrationVelocity"
                    prim.CreateAttribute(limit, Sdf.ValueTypeNames.Float, custom=False).Set(GENTLE_SPEED)
        return colliders

    def _place(self, path: str, center: FloatArray, yaw: float) -> Any:
        from pxr import Gf, UsdGeom

        form = UsdGeom.Xform.Define(self._stage, path)
        form.AddTranslateOp().Set(Gf.Vec3d(*center.tolist()))
        form.AddRotateZOp(UsdGeom.XformOp.PrecisionDouble).Set(math.degrees(yaw))
        return form.GetPrim()

    def _describe(self, prim: Any, name: str, category: str) -> None:
        from pxr import Sdf

        for key, text in (("id", name), ("category", category)):
            prim.CreateAttribute(f"spatialenv:{key}", Sdf.ValueTypeNames.String, custom=True).Set(printable(text))
        # What `UsdSemantics.LabelsAPI` writes, which packages before 24.11 do not have.
        prim.AddAppliedSchema("SemanticsLabelsAPI:category")
        labels = prim.CreateAttribute("semantics:labels:category", Sdf.ValueTypeNames.TokenArray, custom=False)
        labels.Set([printable(category)])

    def _add_box(self, path: str, size: FloatArray) -> Any:
        from pxr import Gf, UsdGeom, UsdPhysics, Vt

        box = UsdGeom.Cube.Define(self._stage, path)
        box.CreateSizeAttr(1.0)
        box.CreateExtentAttr(Vt.Vec3fArray([Gf.Vec3f(-0.5), Gf.Vec3f(0.5)]))
        box.AddScaleOp(UsdGeom.XformOp.PrecisionDouble).Set(Gf.Vec3d(*size.tolist()))
        box.CreatePurposeAttr(UsdGeom.Tokens.guide)
        prim = box.GetPrim()
        UsdPhysics.CollisionAPI.Apply(prim)
        self._bind_physics(prim)
        return prim

    def _bind_physics(self, prim: Any) -> None:
        from pxr import UsdShade

        binding = UsdShade.MaterialBindingAPI.Apply(prim)
        binding.Bind(self._rough, UsdShade.Tokens.weakerThanDescendants, "physics")

    def _pass_through(self, first: Any, second: Any) -> None:
        from pxr import UsdPhysics

        UsdPhysics.FilteredPairsAPI.Apply(first).CreateFilteredPairsRel().AddTarget(second.GetPath())

    def _add_mesh(self, path: str, mesh: TriangleMesh) -> None:
        from pxr import Sdf, UsdGeom, UsdShade, Vt

        rows = np.flatnonzero(has_area(mesh))
        if not len(rows):
            return
        used, faces = np.unique(mesh.faces[rows], return_inverse=True)
        form = UsdGeom.Mesh.Define(self._stage, path)
        points = float32(mesh.vertices[used])
        form.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(points))
        form.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(rows), 3, np.int32)))
        form.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(faces.reshape(-1).astype(np.int32)))
        form.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
        form.CreateExtentAttr(Vt.Vec3fArray.FromNumpy(np.stack([points.min(axis=0), points.max(axis=0)])))
        normals = float32(mesh.corner_normals[rows].reshape(-1, 3))
        form.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(normals))
        form.SetNormalsInterpolation(UsdGeom.Tokens.faceVarying)
        looks = mesh.material_of[rows]
        shown = [number for number in range(len(mesh.materials)) if (looks == number).any()]
        form.CreateDoubleSidedAttr(any(mesh.materials[number].double_sided for number in shown))
        if mesh.uvs is not None and any(mesh.materials[number].texture is not None for number in shown):
            kind = Sdf.ValueTypeNames.TexCoord2fArray
            place = UsdGeom.PrimvarsAPI(form).CreatePrimvar("st", kind, UsdGeom.Tokens.faceVarying)
            place.Set(Vt.Vec2fArray.FromNumpy(float32(mesh.uvs[rows].reshape(-1, 2))))
        if len(shown) == 1:
            self._bind(form.GetPrim(), mesh.materials[shown[0]])
            return
        for number in shown:
            own = Vt.IntArray.FromNumpy(np.flatnonzero(looks == number).astype(np.int32))
            subset = UsdGeom.Subset.CreateGeomSubset(
                form, f"Part_{number}", UsdGeom.Tokens.face, own, UsdShade.Tokens.materialBind
            )
            self._bind(subset.GetPrim(), mesh.materials[number])
        UsdGeom.Subset.SetFamilyType(form, UsdShade.Tokens.materialBind, UsdGeom.Tokens.partition)

    def _bind(self, prim: Any, material: Material) -> None:
        from pxr import UsdShade

        if material not in self._materials:
            self._materials[material] = self._make_material(material)
        UsdShade.MaterialBindingAPI.Apply(prim).Bind(self._materials[material])

    def _make_material(self, material: Material) -> Any:
        from pxr import Sdf, UsdShade

        path = f"{ROOT}/Materials/Material_{len(self._materials)}"
        made = UsdShade.Material.Define(self._stage, path)
        shader = UsdShade.Shader.Define(self._stage, f"{path}/Surface")
        shader.CreateIdAttr("UsdPreviewSurface")
        kinds = Sdf.ValueTypeNames
        for name, value in (
            ("roughness", material.roughness),
            ("metallic", material.metallic),
            ("opacity", material.opacity),
        ):
            shader.CreateInput(name, kinds.Float).Set(float(value))
        own = linear(material.colour)
        shares = [("diffuseColor", 1.0 - material.emission)]
        if material.emission > 0.0:
            shares.append(("emissiveColor", material.emission))
        for name, share in shares:
            colour = tuple(part * share for part in own)
            given = shader.CreateInput(name, kinds.Color3f)
            if material.texture is None:
                given.Set(colour)
            else:
                sampler = self._sampler(f"{path}/{name}", path, material.texture, colour)
                given.ConnectToSource(sampler.CreateOutput("rgb", kinds.Float3))
        made.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
        return made

    def _sampler(self, path: str, owner: str, texture: Texture, colour: Sequence[float]) -> Any:
        from pxr import Sdf, UsdShade

        kinds = Sdf.ValueTypeNames
        reader = UsdShade.Shader.Define(self._stage, f"{owner}/Place")
        reader.CreateIdAttr("UsdPrimvarReader_float2")
        reader.CreateInput("varname", kinds.String).Set("st")
        sampler = UsdShade.Shader.Define(self._stage, path)
        sampler.CreateIdAttr("UsdUVTexture")
        sampler.CreateInput("file", kinds.Asset).Set(Sdf.AssetPath(self._texture(texture)))
        sampler.CreateInput("st", kinds.Float2).ConnectToSource(reader.CreateOutput("result", kinds.Float2))
        sampler.CreateInput("sourceColorSpace", kinds.Token).Set("sRGB")
        sampler.CreateInput("scale", kinds.Float4).Set((*colour, 1.0))
        for name in ("wrapS", "wrapT"):
            sampler.CreateInput(name, kinds.Token).Set("repeat")
        return sampler

    def _texture(self, texture: Texture) -> str:
        if texture not in self._textures:
            name = f"texture_{len(self._textures)}.png"
            self.files[name] = png(texture)
            self._textures[texture] = f"./{self._folder}/{name}"
        return self._textures[texture]
