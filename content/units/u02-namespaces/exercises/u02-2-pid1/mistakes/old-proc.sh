# expect: old-proc
unshare --pid --fork bash
