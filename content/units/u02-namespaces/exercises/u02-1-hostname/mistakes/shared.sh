# expect: shared-changed
hostname box-{{n}}
