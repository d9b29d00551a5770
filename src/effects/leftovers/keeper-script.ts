/**
 * The keeper's program, for any POSIX shell (tried with dash, busybox and bash). It reads `SLOT PID START MARK CGROUP` lines
 * (`-` for no mark) from descriptor 3 until that ends, which the kernel sees to however svc ends; then it kills the groups in
 * the slots and all in their cgroups, if they have any, removes those, and ends.
 * - `read` stops at a newline, so nothing is lost between two lines; no command is forked before all is killed.
 * - Whoever is killed takes a moment to leave its cgroup, and only then can that be removed; nor can one with others below it,
 *   which a service may have made. It is tried for five seconds.
 * - Descriptor 3, because bash takes a socket as its stdin for a remote shell, and would run ~/.bashrc.
 * - `kill -KILL -PID` without `--`, which busybox takes for a pid.
 * - A leader that has ended leaves its group's id to the group; a leader with another start time has it by chance (see
 *   proc_pid_stat(5) for the fields; a name may hold newlines and parentheses, so they are counted from the last one).
 * - Where there is a MARK, all that has it in its environment ends too, over and over until nobody has (`read` leaves out the
 *   NULs). A shell reads byte by byte, so the environment of what is older than the leader is not looked at.
 */
export const KEEPER_SCRIPT = `
unset SVC_KEEPER
trap '' HUP INT QUIT TERM USR1 USR2 ALRM PIPE
set -f
last=0
while read -r slot pid start mark cgroup; do
  eval "pid_$slot=$pid start_$slot=$start mark_$slot=$mark cgroup_$slot=\\$cgroup"
  [ "$slot" -le "$last" ] || last=$slot
done <&3
start_of() {
  text= began=
  while IFS= read -r part || [ -n "$part" ]; do text="$text $part"; done 2>/dev/null <"/proc/$1/stat"
  [ -n "$text" ] || return 1
  set -- \${text##*)}
  began=\${20}
}
is_same() { ! start_of "$1" || [ "$began" = "$2" ]; }
has_mark() {
  while IFS= read -r part || [ -n "$part" ]; do
    case $part in *"$2="*) return 0 ;; esac
  done 2>/dev/null <"/proc/$1/environ"
  return 1
}
end_marked() {
  found=
  set +f
  set -- "$1" "$2" /proc/[0-9]*
  set -f
  carried=$1 since=$2
  shift 2
  for folder; do
    one=\${folder#/proc/}
    if start_of "$one" && [ "$began" -ge "$since" ] && has_mark "$one" "$carried"; then
      kill -KILL "$one" && found=yes
    fi
  done
  [ -n "$found" ]
}
slot=$last
while [ "$slot" -gt 0 ]; do
  eval "pid=\\$pid_$slot start=\\$start_$slot cgroup=\\$cgroup_$slot"
  slot=$((slot - 1))
  if [ "$pid" -gt 1 ] && is_same "$pid" "$start"; then kill -KILL "-$pid"; fi
  if [ -n "$cgroup" ]; then { echo 1 >"$cgroup/cgroup.kill"; } 2>/dev/null; fi
done
slot=$last
while [ "$slot" -gt 0 ]; do
  eval "start=\\$start_$slot mark=\\$mark_$slot"
  slot=$((slot - 1))
  dry=0 passes=0
  while [ "$mark" != - ] && [ "$dry" -lt 2 ] && [ "$passes" -lt 50 ]; do
    if end_marked "$mark" "$start"; then dry=0; else dry=$((dry + 1)); fi
    passes=$((passes + 1))
  done
done
tries=100
while [ "$last" -gt 0 ]; do
  eval "cgroup=\\$cgroup_$last"
  if [ -z "$cgroup" ] || [ ! -d "$cgroup" ] || [ "$tries" = 0 ]; then last=$((last - 1)); continue; fi
  rmdir "$cgroup" 2>/dev/null && continue
  find "$cgroup" -depth -type d -exec rmdir {} ';' 2>/dev/null
  [ -d "$cgroup" ] || continue
  tries=$((tries - 1))
  sleep 0.05 2>/dev/null || sleep 1
done
`;
