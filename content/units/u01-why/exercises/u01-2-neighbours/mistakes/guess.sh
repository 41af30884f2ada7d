# expect: not-a-password
su web
#: answer secret=DB_PASSWORD
