# expect: in-memory
app-a &
sleep 1
upgrade-b
app-b &
#: answer missing=greet
