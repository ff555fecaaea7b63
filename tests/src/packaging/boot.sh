# Boots a system as a container whose first process is systemd.
#   $1 the system's folder
#   $2 what its processes may never do, as setpriv has it
# Runs as root in namespaces of its own: mounts, processes, control groups, names, network.
set -e

# A cable, at whose other end nobody lives.
ip -batch "$1/cable"

cd "$1/root"
mount -t proc proc proc
# The kernel's settings are this machine's, as are its devices and its keys of last resort.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
[ ! -e proc/sysrq-trigger ] || mount --bind /dev/null proc/sysrq-trigger
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=0755 tmpfs dev
mkdir dev/pts dev/shm
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs tmpfs tmp
pivot_root . .
umount -l .
# As every manager of containers does: systemd hands credentials over by mounts that have to spread.
mount --make-rshared /
# Nor may it make devices, as crun does, which a test begins.
exec setpriv --bounding-set="$2,-mknod" \
    env -i container=test NOTIFY_SOCKET=/given/booted PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=multi-user.target --show-status=0 --log-target=journal
