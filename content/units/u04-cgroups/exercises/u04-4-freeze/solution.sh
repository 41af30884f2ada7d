ICE={{cg.freezer}}/ice
mkdir $ICE
for pid in $(pgrep -x labtool); do echo $pid > $ICE/cgroup.procs; done
echo 1 > $ICE/cgroup.freeze
#: until frozen
echo 0 > $ICE/cgroup.freeze
#: until thawed
echo 1 > $ICE/cgroup.kill
