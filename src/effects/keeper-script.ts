/**
 * The keeper's program, for any POSIX shell (tried with dash, busybox and bash). It reads `SLOT PID START` lines from
 * descriptor 3 until that ends, which the kernel sees to however svc ends; then it kills the groups in the slots, and ends.
 * - `read` stops at a newline, so nothing is lost between two lines; no command is forked anywhere.
 * - Descriptor 3, because bash takes a socket as its stdin for a remote shell, and would run ~/.bashrc.
 * - `kill -KILL -PID` without `--`, which busybox takes for a pid.
 * - A leader that has ended leaves its group's id to the group; a leader with another start time has it by chance (see
 *   proc_pid_stat(5) for the fields; a name may hold newlines and parentheses, so they are counted from the last one).
 */
export const KEEPER_SCRIPT = `
unset SVC_KEEPER
trap '' HUP INT QUIT TERM USR1 USR2 ALRM PIPE
set -f
last=0
while read -r slot pid start; do
  eval "pid_$slot=$pid start_$slot=$start"
  [ "$slot" -le "$last" ] || last=$slot
done <&3
is_same() {
  stat=
  while IFS= read -r part || [ -n "$part" ]; do stat="$stat $part"; done 2>/dev/null <"/proc/$1/stat"
  [ -n "$stat" ] || return 0
  set -- "$2" \${stat##*)}
  [ "$1" = "\${21}" ]
}
while [ "$last" -gt 0 ]; do
  eval "pid=\\$pid_$last start=\\$start_$last"
  last=$((last - 1))
  if [ "$pid" -gt 1 ] && is_same "$pid" "$start"; then kill -KILL "-$pid"; fi
done
`;
