/**
 * The keeper's program, for any POSIX shell (tried with dash, busybox and bash). It reads `SLOT PID START MARK TAG OF REST`
 * lines (`-` for what there is none of) from descriptor 3 until that ends, which the kernel sees to however svc ends; then it
 * kills the groups in the slots, what descends from their leaders, and all in their cgroups (REST); looks for what else has the
 * MARK in its environment, or holds the TAG (a socket's number); removes the cgroups, and ends. In slot 0 is the mark of svc's
 * whole life, and its REST are the services of which only the groups are to end; OF is the instance that a group belongs to.
 * - `read` stops at a newline, so nothing is lost between two lines; no command is forked before all groups are killed.
 * - What is stopped neither forks nor lets go of a child's pid, so descendants are stopped on the way to the last of them.
 * - Whoever is killed takes a moment to leave its cgroup, and only then can that be removed; nor can one with others below it,
 *   which a service may have made. It is tried for five seconds.
 * - Descriptor 3, because bash takes a socket as its stdin for a remote shell, and would run ~/.bashrc.
 * - `kill -KILL -PID` without `--`, which busybox takes for a pid.
 * - A leader that has ended leaves its group's id to the group; a leader with another start time has it by chance (see
 *   proc_pid_stat(5) for the fields; a name may hold newlines and parentheses, so they are counted from the last one).
 * - Where /proc is of another pid namespace, its numbers say nothing here.
 * - busybox grep ends a line at a NUL; what an environment holds may look like head's own line, so whoever is found is asked again.
 * - A process that was forked in svc's last moment shows the mark only after its exec, so marks are looked for until three looks
 *   in a row find nothing. A shell reads byte by byte, which takes seconds for 500 processes; such a pipe 20 ms.
 */
export const KEEPER_SCRIPT = `
unset SVC_KEEPER
trap '' HUP INT QUIT TERM USR1 USR2 ALRM PIPE
set -f
last=0 mark_0=- tag_0=- rest_0=
while read -r slot pid start mark tag of rest; do
  eval "pid_$slot=$pid start_$slot=$start mark_$slot=$mark tag_$slot=$tag of_$slot=$of rest_$slot=\\$rest"
  [ "$slot" -le "$last" ] || last=$slot
done <&3
seen=no
if read -r self _ </proc/self/stat && [ "$self" = $$ ]; then seen=yes; fi
start_of() {
  text= began=
  while IFS= read -r part || [ -n "$part" ]; do text="$text $part"; done 2>/dev/null <"/proc/$1/stat"
  [ -n "$text" ] || return 1
  set -- \${text##*)}
  began=\${20}
}
is_same() { ! start_of "$1" || [ "$began" = "$2" ]; }
is_spared() { case " $2 " in *" \${1%%.*} "*) return 0 ;; esac; return 1; }
in_background() {
  words=
  { read -r words <"/proc/$1/cmdline"; } 2>/dev/null
  case $words in *svcstart--background* | *svc.jsstart--background*) return 0 ;; esac
  return 1
}
stop_below() {
  while [ $# -gt 0 ]; do
    parent=$1
    shift
    set +f
    for file in "/proc/$parent"/task/*/children; do
      children=
      { read -r children <"$file"; } 2>/dev/null
      for child in $children; do
        if in_background "$child"; then continue; fi
        kill -STOP "$child"
        set -- "$@" "$child"
        below="$below $child"
      done
    done
    set -f
  done
}
end_group() {
  below=
  if [ "$seen" = yes ] && ! is_spared "$2" "$rest_0"; then
    kill -STOP "-$1"
    stop_below "$1"
  fi
  kill -KILL "-$1"
  [ -z "$below" ] || kill -KILL $below
}
marked() {
  set +f
  head -v -c 2097152 /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -e '^==> /proc/' -e "^$1=" | while IFS=/ read -r word _ id _; do
    case $word in '==> ') one=$id ;; *) echo "$one" ;; esac
  done
}
is_marked() {
  name=$(tr '\\0' '\\n' <"/proc/$1/environ" | sed -n "/^$2=/{s///p;q;}")
  [ -n "$name" ] && ! is_spared "$name" "$3"
}
tagged() {
  set +f
  ls -l /proc/[0-9]*/fd | grep -e '^/proc/' -e "socket:.$1.\\$" | while read -r word words; do
    case $word in /proc/*) one=\${word#/proc/} ;; *) echo "\${one%/fd:}" ;; esac
  done
}
is_tagged() { ls -l "/proc/$1/fd" | grep -q "socket:.$2.\\$"; }
end_each() {
  found=1
  while read -r one; do
    start_of "$one" || { found=0; continue; }
    first=$began
    if "$1" "$one" "$2" "$3" && is_same "$one" "$first"; then kill -KILL "$one" && found=0; fi
  done
  return "$found"
}
nap() { sleep 0.03 || sleep 1; }
end_found() {
  dry=0 passes=0
  while [ "$dry" -lt 3 ] && [ "$passes" -lt 50 ]; do
    [ "$passes" = 0 ] || nap
    if "$1" "$2" | end_each "is_$1" "$2" "$3"; then dry=0; else dry=$((dry + 1)); fi
    passes=$((passes + 1))
  done
}
exec 2>/dev/null
slot=$last
while [ "$slot" -gt 0 ]; do
  eval "pid=\\$pid_$slot start=\\$start_$slot of=\\$of_$slot cgroup=\\$rest_$slot"
  slot=$((slot - 1))
  if [ "$pid" -gt 1 ] && is_same "$pid" "$start"; then end_group "$pid" "$of"; fi
  [ -z "$cgroup" ] || echo 1 >"$cgroup/cgroup.kill"
done
slot=$last
while [ "$seen" = yes ] && [ "$slot" -ge 0 ]; do
  eval "mark=\\$mark_$slot tag=\\$tag_$slot spared=\\$rest_$slot"
  [ "$mark" = - ] || end_found marked "$mark" "$spared"
  [ "$tag" = - ] || end_found tagged "$tag"
  slot=$((slot - 1))
done
tries=100
while [ "$last" -gt 0 ]; do
  eval "cgroup=\\$rest_$last"
  if [ -z "$cgroup" ] || [ ! -d "$cgroup" ] || [ "$tries" = 0 ]; then last=$((last - 1)); continue; fi
  rmdir "$cgroup" && continue
  find "$cgroup" -depth -type d -exec rmdir {} ';'
  [ -d "$cgroup" ] || continue
  tries=$((tries - 1))
  sleep 0.05 || sleep 1
done
`;
