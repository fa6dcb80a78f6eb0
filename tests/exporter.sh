#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What comes with `ipcstat exporter`, as far as it needs no module: the rules for Prometheus,
# and systemd's unit.
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/tap.sh

rules=user/prometheus/ipcstat.rules.yml
unit=user/systemd/ipcstat-exporter.service

ok "promtool check rules" promtool check rules $rules
ok "promtool test rules" promtool test rules tests/exporter/rules.yml
while read -r alert; do
	ok "$alert has a test" grep -q "alertname: $alert\$" tests/exporter/rules.yml
done < <(sed -n 's/.*- alert: //p' $rules)

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sed "s|/usr/local/bin|$PWD/user|" $unit > "$dir/ipcstat-exporter.service"
is "the unit is one that systemd understands" \
	"$(systemd-analyze verify --man=no "$dir/ipcstat-exporter.service" 2>&1 | grep -F ipcstat-exporter)" ""
is "its exposure is what ipcstat-exporter(1) says" \
	"$(systemd-analyze security --offline=true --no-pager $unit | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')" \
	"$(sed -n '/offline=true/,$s/^\.B \([0-9.]*\)$/\1/p' man/ipcstat-exporter.1)"

ok "without the module there is a text" sh -c 'user/ipcstat exporter --textfile - | promtool check metrics'
port=$(sed -n 's/^#define DEFAULT_LISTEN "127.0.0.1:\([0-9]*\)"$/\1/p' user/exporter.c)
is "the port is the same everywhere" \
	"$(grep -hoE '[0-9.]+:1[0-9]{4}' README.md man/ipcstat-exporter.1 | sed 's/.*://' | sort -u)" "$port"
done_testing
