"""Whether a file comes over a network, where locks and syncs may not mean what they say."""

from __future__ import annotations

from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_OVER_A_NETWORK = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre"),
        *("gpfs", "beegfs", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "davfs"),
    )
)


def network_file_system(path: Path, mounts: Path = _MOUNTS) -> str:
    """Return the kind of network file system that holds a path, empty for a local one.

    Where the system does not say (it is Linux that does), it is taken for local.
    """
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    mounted = [line.split(" ")[1:3] for line in lines if line.count(" ") >= 2]
    above = [
        (place.replace("\\040", " "), kind)
        for place, kind in mounted
        if path.absolute().is_relative_to(place.replace("\\040", " "))
    ]
    # The last one mounted on the longest path is the one that is seen.
    kind = max(enumerate(above), key=lambda one: (len(one[1][0]), one[0]))[1][1] if above else ""
    return kind if kind in _OVER_A_NETWORK else ""
