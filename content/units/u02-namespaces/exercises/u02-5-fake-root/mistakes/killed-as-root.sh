# expect: ledger-died
kill $(pgrep -x ledger)
