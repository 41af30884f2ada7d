# expect: not-kept
unshare --uts bash
hostname box-{{n}}
sleep 1.6
exit
