#!/usr/bin/env bash
# Sees that there is a Vulkan adapter to test on: where there is neither loader nor driver, installs Mesa's, whose
# software adapter needs no graphics card.
set -euo pipefail

drivers() { ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json 2>/dev/null; }
loader() { ls /usr/lib/*/libvulkan.so.1 /usr/lib/libvulkan.so.1 /usr/lib64/libvulkan.so.1 2>/dev/null; }
there() { [ -n "$(loader)" ] && { [ -n "${VK_DRIVER_FILES:-}" ] || [ -n "$(drivers)" ]; }; }

if ! there; then
  # Root installs directly; others through sudo where it asks nothing.
  run=()
  [ "$(id -u)" = 0 ] || run=(sudo -n)
  echo "installing libvulkan1 mesa-vulkan-drivers"
  { "${run[@]}" apt-get update -qq && "${run[@]}" apt-get install -y -qq libvulkan1 mesa-vulkan-drivers; } >/dev/null 2>&1 || true
fi
if there; then
  echo "there"
else
  echo "SKIPPED: tests on graphics cards (no Vulkan adapter; Debian: libvulkan1 mesa-vulkan-drivers)"
fi
