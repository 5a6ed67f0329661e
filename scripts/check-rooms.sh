#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Who may include whom, and who may use which library (docs/architecture.md, "Rooms").
# Prints each offence as file:line and exits 1 if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."

# room -> the rooms it may include, besides itself
declare -A may=(
    [base]=""
    [model]="base"
    [config]="base model"
    [checklist]="base model"
    [events]="base model"
    [health]="base model"
    [personas]="base model health"
    [plan]="base model"
    [explain]="base model"
    [host]="base model"
    [diagnosis]="base model"
    [dataplane]="base model host explain"
    [api]="base model page"
    [capture]="base model"
    [metrics]="base model"
    [page]="base model"
    [change]="base model config checklist plan health"
    [decap]="base model host dataplane"
    [cli]="base model config checklist events plan health personas explain capture host diagnosis change"
    [daemon]="base model config checklist events health plan explain host dataplane api metrics page change"
)
# header -> files that may include it
declare -A only=(
    ['yaml-cpp/']='userspace/config/yaml'
    ['nlohmann/']='userspace/model/json'
    ['spdlog/']='userspace/base/log'
    ['libmnl/']='userspace/dataplane/neighbours|userspace/host/netlink'
    ['microhttpd']='userspace/api/server'
    ['curl/']='userspace/health/|userspace/cli/client|userspace/cli/curl'
    ['seccomp.h']='userspace/health/confine'
    ['asio/']='userspace/base/loop|userspace/health/|userspace/personas/'
    ['openssl/']='userspace/personas/authority'
    ['nghttp2/']='userspace/personas/speech_http2'
    ['tinyxml2']='userspace/cli/trials|userspace/checklist/format_rules'
    ['CLI/']='userspace/cli/|userspace/daemon/options|userspace/decap/|userspace/health/lbd_check'
    ['skel.h']='userspace/dataplane/(loader|decap|view|capture|probes)'
    ['bpf/bpf.h']='userspace/dataplane/|userspace/host/(features|program)|userspace/cli/pins'
    ['bpf/libbpf.h']='userspace/dataplane/|userspace/host/(features|program)'
    ['bpf/abi.h']='userspace/dataplane/|userspace/explain/|userspace/model/tables'
    ['bpf/capture_abi.h']='userspace/dataplane/capture'
    ['bpf/hash.h']='userspace/dataplane/'
    ['bpf/native/']='userspace/explain/'
)

bad=0
offence() {
    echo "$1"
    bad=1
}

for room in "${!may[@]}"; do
    allowed=" $room ${may[$room]} "
    while IFS=: read -r file line text; do
        [ -n "$file" ] || continue
        target=$(sed -E 's/.*"([a-z]+)\/.*/\1/' <<<"$text")
        [ -d "userspace/$target" ] || continue
        [[ $allowed == *" $target "* ]] ||
            offence "$file:$line: room $room must not include room $target"
    done < <(grep -nE '^#include "[a-z]+/' -r "userspace/$room" || true)
done

for header in "${!only[@]}"; do
    while IFS=: read -r file line _; do
        [ -n "$file" ] || continue
        grep -qE "^(${only[$header]})" <<<"$file" ||
            offence "$file:$line: <$header...> belongs to ${only[$header]} only"
    done < <(grep -nE "^#include [<\"]$header|^#include [<\"].*$header" -r userspace || true)
done

for folder in userspace/*/; do
    room=$(basename "$folder")
    [ -n "${may[$room]+known}" ] || offence "$folder: a room that scripts/check-rooms.sh does not know"
done
exit $bad
