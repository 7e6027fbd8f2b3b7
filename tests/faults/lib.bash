# What the scripts of this folder share. Sourced with `program` set; `folder` is removed at the end,
# and what `start` started is ended.
folder=$(mktemp -d)
children=()
cleanup() {
  local child
  for child in "${children[@]}"; do
    kill -CONT "$child" 2>/dev/null || true
    kill "$child" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"
export HOME=$folder XDG_STATE_HOME=$folder/state XDG_RUNTIME_DIR=$folder
export NEXUS_OVERSEER_CONFIG=$folder/config.json
unset OLLAMA_HOST

skip() {
  echo "skipped: $*"
  exit 77
}

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# A pause without a process.
pause() { read -rt "$1" <> <(:) || true; }

# start NAME COMMAND...: runs it until the end of the script. Its output goes to NAME.out and NAME.err;
# `pid` is its process.
start() {
  local name=$1
  shift
  # Here, since the shell that runs the command gets to it at some later time.
  : >"$name.out"
  "$@" >>"$name.out" 2>"$name.err" </dev/null &
  pid=$!
  children+=("$pid")
}

# until_true COMMAND...: waits up to twenty seconds.
until_true() {
  local i
  for ((i = 0; i < 400; i++)); do
    "$@" && return
    pause 0.05
  done
  fail "waited in vain for: $*"
}

# Whether a file holds one whole answer of the simulated Ollama to "Tell me", and nothing else.
is_whole() {
  grep -qE '^\[simulated\] A [a-z]+ answer to "Tell me"\. No model ran for it\.$' "$1" &&
    [ "$(wc -l <"$1")" -eq 1 ]
}

# An Ollama that takes its time; sets `ollama`.
start_ollama() {
  start ollama "$program" simulate --token-delay "$1" --no-exit-with-stdin
  until_true grep -q 'http://' ollama.out
  ollama=$(grep -o 'http://[^ ]*' ollama.out | head -n 1)
  printf '{"llm": {"baseUrl": "%s"}}\n' "$ollama" >config.json
}
