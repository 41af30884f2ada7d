su web
kill $(pgrep -x bank)
#: answer secret={{secret}}
#: until look
#: terminal main
kill $(pgrep -x blog)
