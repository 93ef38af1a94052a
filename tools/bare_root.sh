#!/bin/sh
# Shows that the packages that docs/renderers/blender.md names are enough for Blender on a machine that has Python and
# nothing else: in a fresh Debian 12 that debootstrap makes, Blender is first installed without them, and must name what
# is missing; then with them, and must draw.
#
#   sudo tools/bare_root.sh [FOLDER]       (FOLDER: 4 GB, /tmp/bare_root by default; needs debootstrap and python3.11)
set -eu

ROOT=${1:-/tmp/bare_root}
HERE=$(cd "$(dirname "$0")/.." && pwd)
PYTHON=${PYTHON:-python3.11}
PACKAGES=$(sed -n 's/.*apt-get install -y --no-install-recommends \(lib[a-z0-9 -]*\).*/\1/p' "$HERE"/docs/renderers/blender*.md | head -1)
test -n "$PACKAGES" || { echo "docs/renderers/blender.md names no packages"; exit 2; }

within() { chroot "$ROOT" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"; }
finish() { umount "$ROOT/proc" 2>/dev/null || true; }
trap finish EXIT

if ! test -e "$ROOT/opt/made"; then
    debootstrap --variant=minbase --include=python3,python3-venv bookworm "$ROOT"
    touch "$ROOT/opt/made"
fi
mountpoint -q "$ROOT/proc" || mount -t proc proc "$ROOT/proc"

# Wheels are fetched outside: the bare system need not reach an index, nor know its certificates.
mkdir -p "$ROOT/opt/wheels" "$ROOT/opt/build"
"$PYTHON" -m pip wheel -qq --no-deps --wheel-dir "$ROOT/opt/wheels" "$HERE"
"$PYTHON" -m pip download -qq --dest "$ROOT/opt/wheels" --constraint "$HERE/constraints.txt" "$HERE"
"$PYTHON" -m pip download -qq --dest "$ROOT/opt/wheels" bpy==5.0.1 'numpy<2'

echo "== spatialenv in a bare Debian $(cat "$ROOT/etc/debian_version")"
within python3 -m venv --clear /opt/spatialenv
within /opt/spatialenv/bin/pip install -qq --no-index --find-links /opt/wheels spatialenv

echo "== Blender without the packages: it must say what is missing"
rm -rf "$ROOT/root/.local/share/spatialenv"
if within PIP_NO_INDEX=1 PIP_FIND_LINKS=/opt/wheels /opt/spatialenv/bin/spatialenv blender install >"$ROOT/opt/install.log" 2>&1; then
    cat "$ROOT/opt/install.log"
    echo "Blender works without the packages"
    test -e "$ROOT/opt/has_packages" || exit 1
fi
tail -2 "$ROOT/opt/install.log"

echo "== apt-get install -y --no-install-recommends $PACKAGES"
cp -L /etc/resolv.conf "$ROOT/etc/resolv.conf"
within apt-get update -qq
# shellcheck disable=SC2086  # one word a package
within apt-get install -y -qq --no-install-recommends $PACKAGES >/dev/null 2>&1
touch "$ROOT/opt/has_packages"

echo "== Blender with them"
within /opt/spatialenv/bin/spatialenv blender check
within /opt/spatialenv/bin/spatialenv tasks write procedural /opt/rooms.json --n 1 --seed 3 --layout witness
within /opt/spatialenv/bin/spatialenv render /opt/rooms.json --renderer blender --size 512 --output /opt/room.png
ls -l "$ROOT/opt/room.png"
