# expect: edited
upgrade-b
#: answer missing=greet
#: until conflict
sed -i 's/greet)/say_hello)/' /usr/local/bin/app-a
app-a &
app-b &
