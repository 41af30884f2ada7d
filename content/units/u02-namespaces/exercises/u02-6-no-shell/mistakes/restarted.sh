# expect: pay-gone
kill -9 $(pgrep -ox pay)
