# expect: one-outside
ICE={{cg.freezer}}/ice
mkdir $ICE
echo $(pgrep -f counter) > $ICE/cgroup.procs
echo 1 > $ICE/cgroup.freeze
