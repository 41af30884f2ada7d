# expect: a-silent
upgrade-b
#: answer missing=greet
#: until conflict
app-b &
app-a &
