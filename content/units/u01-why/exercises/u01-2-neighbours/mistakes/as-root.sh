# expect: bank-died
kill $(pgrep -x blog)
kill $(pgrep -x bank)
