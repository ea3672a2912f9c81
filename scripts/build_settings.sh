# Sourced by scripts/quickstart and scripts/test, from the root of the source tree, so that both build alike.

# One compiler cache beside the system's: a second build of a clean checkout is quick.
export CCACHE_DIR=${CCACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/descent-ccache}
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}

# As many compilers as there are processors, and as memory allows at 1 GB each.
if [ -z "${CMAKE_BUILD_PARALLEL_LEVEL:-}" ]; then
  CMAKE_BUILD_PARALLEL_LEVEL=$(awk -v processors="$(nproc)" '/^MemAvailable:/ {
    fits = int($2 / 1e6); if (fits < 1) fits = 1; print (fits < processors) ? fits : processors }' /proc/meminfo)
  export CMAKE_BUILD_PARALLEL_LEVEL
fi
