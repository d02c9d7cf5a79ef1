#!/bin/bash
# Prepares a corner of the machine, in namespaces of its own, and becomes the Docker engine in it: corner.py starts it.
#
# CACHE is the cache's root, STATE the folder of daemon.json and cgroups, RUN that of what lasts as long as the engine.
set -euo pipefail

# What is mounted in the cache belongs to others, who may want to remove it.
awk -v cache="$CACHE/" 'index($2, cache) == 1 {print $2}' /proc/self/mounts | tac | xargs -r -n 1 umount -l

# What runs in here is nobody else's business, and ends up nowhere else: sockets of the engine and of its containerd.
mkdir -p /run/containerd
mount -t tmpfs tmpfs /run/containerd
mount -t tmpfs tmpfs "$RUN"

# /sys of this network namespace, or /sys/class/net shows the machine's; with the machine's control groups in it.
mount --rbind /sys/fs/cgroup "$STATE/cgroups"
mount -t sysfs sysfs /sys
mount --rbind "$STATE/cgroups" /sys/fs/cgroup
umount --recursive --lazy "$STATE/cgroups"

ip link set lo up
sysctl -qw net.ipv4.ip_forward=1
# The way out: slirp4netns makes it from outside.
for _ in $(seq 100); do
    [ -e /sys/class/net/tap0 ] && break
    sleep 0.1
done
exec dockerd --config-file "$STATE/daemon.json"
