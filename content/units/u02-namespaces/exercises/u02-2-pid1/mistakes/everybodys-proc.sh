# expect: remounted-for-all
unshare --pid --fork bash
mount -t proc proc /proc
