# expect: wrong-name
unshare --uts bash
hostname box
