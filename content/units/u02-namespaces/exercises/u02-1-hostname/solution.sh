unshare --uts bash
hostname box-{{n}}
