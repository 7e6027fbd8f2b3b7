#!/usr/bin/env bash
# Two machines with a bad cable between them: network namespaces, netem, and certificates.
# `netns.sh PROGRAM`. Exits with 77, which means "skipped", where the machine does not allow it.
set -euo pipefail
program=$1
node_space=nexus-node-$$
client_space=nexus-client-$$
work=$(mktemp -d)
pids=()

cleanup() {
  local pid
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  ip netns del "$node_space" 2>/dev/null || true
  ip netns del "$client_space" 2>/dev/null || true
  ip link del "n$$" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

skip() {
  echo "skipped: $*"
  exit 77
}

fail() {
  echo "netns: $*" >&2
  cat "$work"/*.err >&2 2>/dev/null || true
  exit 1
}

command -v ip >/dev/null || skip "iproute2 is not installed"
# Not for the background: the shell that waits there would be ended, and not the program.
on_node() { ip netns exec "$node_space" "$@"; }
on_client() { ip netns exec "$client_space" "$@"; }
set_up() {
  ip netns add "$node_space" && ip netns add "$client_space" &&
    ip link add n$$ type veth peer name c$$ &&
    ip link set n$$ netns "$node_space" && ip link set c$$ netns "$client_space" &&
    on_node ip addr add 192.0.2.1/30 dev n$$ && on_client ip addr add 192.0.2.2/30 dev c$$ &&
    on_node ip link set lo up && on_client ip link set lo up &&
    on_node ip link set n$$ up && on_client ip link set c$$ up
}
set_up 2>/dev/null || skip "network namespaces are not permitted here"
# 20 ms each way, and one packet in fifty is lost. A kernel without netem has a good cable.
if on_node tc qdisc add dev n$$ root netem delay 20ms loss 2% 2>/dev/null; then
  on_client tc qdisc add dev c$$ root netem delay 20ms loss 2%
else
  echo "netns: no netem here; the cable is good until it is cut"
fi

export HOME=$work XDG_CONFIG_HOME=$work
"$program" certs init "$work/ca" 2>/dev/null
"$program" certs issue "$work/ca" node 2>/dev/null
"$program" certs issue "$work/ca" client 2>/dev/null
tls() { echo --cert "$work/ca/$1.pem" --key "$work/ca/$1.key" --ca "$work/ca/ca.pem"; }

ip netns exec "$node_space" "$program" simulate --port 11434 --token-delay 100 >"$work/ollama" 2>"$work/ollama.err" &
pids+=($!)
# shellcheck disable=SC2046
ip netns exec "$node_space" "$program" serve --listen 192.0.2.1 $(tls node) >"$work/node" 2>"$work/node.err" &
pids+=($!)
for _ in $(seq 100); do
  [ -s "$work/node" ] && [ -s "$work/ollama" ] && break
  read -rt 0.1 <> <(:) || true
done
# shellcheck disable=SC2046
ask() { on_client timeout 60 "$program" --connect 192.0.2.1 $(tls client) "$@"; }

# A cable that is slow and loses packets costs time, and nothing else.
ask generate "Plan a library" >"$work/answer" 2>"$work/answer.err" || fail "no answer over a bad cable"
grep -q simulated "$work/answer" || fail "a wrong answer over a bad cable"

# A cable that is cut in mid-stream ends the stream with what there was.
# shellcheck disable=SC2046
ip netns exec "$client_space" timeout 60 "$program" --connect 192.0.2.1 $(tls client) \
  generate "Plan a library" >"$work/cut" 2>"$work/cut.err" &
client=$!
for _ in $(seq 100); do
  [ -s "$work/cut" ] && break
  read -rt 0.1 <> <(:) || true
done
on_client ip link set c$$ down
begun=$SECONDS
code=0
wait "$client" || code=$?
[ "$code" -eq 3 ] || fail "exit code $code after the cable was cut"
grep -q "broke while it worked on the request" "$work/cut.err" || fail "no word of the cut"
[ $((SECONDS - begun)) -le 25 ] || fail "the cut was noticed after $((SECONDS - begun)) s"

echo "netns: the cut was noticed after $((SECONDS - begun)) s"

# Once it is mended, all is well.
on_client ip link set c$$ up
ask generate "Plan a library" >"$work/mended" 2>"$work/mended.err" || fail "no answer after the mend"
grep -q simulated "$work/mended" || fail "a wrong answer after the mend"
