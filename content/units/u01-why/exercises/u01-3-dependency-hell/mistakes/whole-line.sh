# expect: another-word
upgrade-b
#: answer missing=greet.sh
