# expect: moved-out
ICE={{cg.freezer}}/ice
mkdir $ICE
for pid in $(pgrep -x labtool); do echo $pid > $ICE/cgroup.procs; done
echo 1 > $ICE/cgroup.freeze
#: until frozen
echo 0 > $ICE/cgroup.freeze
#: until thawed
for pid in $(cat $ICE/cgroup.procs); do echo $pid > {{cg.freezer}}/cgroup.procs; done
rmdir $ICE
