# expect: other-number
#: answer outside=100000
