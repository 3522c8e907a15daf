#!/usr/bin/env bash
# Installs Godot in a Debian sid system of its own below a folder, and prints the command that runs it:
#
#	PEERAGE_GODOT=$(.ci/godot.sh) go test ./...
#
# The folder is the first argument; default ~/.cache/peerage/godot, 1.1 GB. What is there already is kept. It needs root,
# for chroot. Where the engine cannot be had it says why, in one line, and fails.
set -euo pipefail
dir=${1:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/peerage/godot}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

fail() {
	echo "no Godot: $*" >&2
	exit 1
}

# quietly runs a command of which only a failure is of interest.
quietly() { "$@" >"$log" 2>&1 || fail "'$*' failed: $(grep -v '^$' "$log" | tail -1)"; }

if [[ ! -x $dir/godot ]]; then
	((EUID == 0)) || fail "chroot needs root"
	if ! command -v debootstrap >/dev/null; then
		quietly apt-get update
		quietly apt-get install -y debootstrap
	fi
	rm -rf "$dir"
	mkdir -p "$dir"
	quietly debootstrap --variant=minbase --include=ca-certificates sid "$dir"
	quietly chroot "$dir" apt-get -o Acquire::Check-Valid-Until=false update # a mirror may lag behind its date
	quietly chroot "$dir" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends godot

	# The engine runs outside of that system, with its loader and its libraries, so that it sees the files of this one.
	dir=$(cd "$dir" && pwd)
	shopt -s nullglob
	loaders=("$dir"/lib64/ld-linux-*.so.* "$dir"/lib/ld-linux-*.so.*)
	libraries=("$dir"/usr/lib/*-linux-gnu "$dir"/usr/lib/*-linux-gnu/{pulseaudio,systemd})
	cat >"$dir/godot.new" <<-RUN
		#!/bin/sh
		HOME=\${HOME:-/tmp} exec '${loaders[0]}' --library-path '$(IFS=: && echo "${libraries[*]}")' '$dir/usr/bin/godot' "\$@"
	RUN
	chmod +x "$dir/godot.new"
	quietly "$dir/godot.new" --headless --version
	mv "$dir/godot.new" "$dir/godot"
fi
echo "$dir/godot"
