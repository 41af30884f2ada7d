# Frozen when they come in, and ended by signals.
ICE={{cg.freezer}}/ice
mkdir $ICE
echo 1 > $ICE/cgroup.freeze
for pid in $(pgrep -x labtool); do echo $pid > $ICE/cgroup.procs; done
#: until frozen
echo 0 > $ICE/cgroup.freeze
#: until thawed
kill $(cat $ICE/cgroup.procs)
