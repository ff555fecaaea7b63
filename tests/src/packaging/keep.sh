# Keeps a system: lays it out, boots it, boots it anew when it restarts, and ends it, with all that runs in
# it, when nobody holds the other end of standard input any more.
#   $1 the system's folder, with `kept`, `root`, `groups` and `given` in it
#   $2 how much can be written to it
#   $3 the script that boots it
#   $4 what its processes may never do, as setpriv has it
# Runs as root in a mount namespace of its own.
set -e

mount -t tmpfs -o size="$2" tmpfs "$1/kept"
mkdir "$1/kept/upper" "$1/kept/work"
mount -t overlay overlay -o lowerdir=/,upperdir="$1/kept/upper",workdir="$1/kept/work" "$1/root"
cd "$1/root"
mkdir given
mount --bind "$1/given" given

# Of this machine's services none starts, and none is made from its tables and old scripts: what is named
# here is what a system cannot be asked questions without.
units=usr/lib/systemd/system
rm -rf etc/systemd/system usr/lib/systemd/system-generators $units/*.wants etc/fstab
mkdir -p etc/systemd/system $units/sysinit.target.wants $units/sockets.target.wants
mkdir $units/multi-user.target.wants
ln -s ../systemd-journald.service ../systemd-tmpfiles-setup.service $units/sysinit.target.wants
ln -s ../systemd-journald.socket ../systemd-journald-dev-log.socket $units/sockets.target.wants
ln -s ../systemd-user-sessions.service $units/multi-user.target.wants
# The journal takes no room from what a test measures out.
mkdir -p etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\n' >etc/systemd/journald.conf.d/volatile.conf
# The marks of an image that is to start nothing, and to be read by nobody.
rm -f usr/sbin/policy-rc.d etc/dpkg/dpkg.cfg.d/*
tr -d - </proc/sys/kernel/random/uuid >etc/machine-id

# Its control groups lie in one below this process's own, and seem to be all that there are.
mount -t cgroup2 cgroup2 "$1/groups"
cd "$1/groups$(sed -n 's/^0:://p' /proc/self/cgroup)"
group=doorward-$$
mkdir "$group"

# What was killed is gone from its group a moment later, and a boot that has not joined it yet joins it
# before the group is gone, or never.
end() {
    for try in $(seq 600); do
        [ -d "$group" ] || return 0
        echo 1 >"$group/cgroup.kill" || :
        find "$group" -depth -type d -exec rmdir {} + || :
        sleep 0.05
    done 2>/dev/null
    echo "the control group $PWD/$group is still there" >&2
}

exec 3<&0
{
    cat <&3
    end
} &

# 129 is what a first process leaves that has asked the kernel for a restart.
code=129
while [ $code = 129 ]; do
    code=0
    sh -ec 'echo $$ >"$2/cgroup.procs"; echo $$ >"$1/first"; exec unshare --mount --pid --fork \
        --kill-child --cgroup --uts --ipc --net sh -c "$3" sh "$1" "$4"' sh "$1" "$group" "$3" "$4" &
    # The shell would say that it was killed.
    wait $! 2>/dev/null || code=$?
done
end
exit $code
