# bomb.pl KIND LIMIT: takes more and more of one thing until refused; prints "TAKEN errno N".
use strict;
use Fcntl;
my ($kind, $limit) = @ARGV;
my @held;
my ($none, $mnt, $tmpfs) = ("none\0", "/mnt\0", "tmpfs\0");
my %namespaces = (net => 0x40000000, uts => 0x04000000, mnt => 0x00020000, ipc => 0x08000000, user => 0x10000000);
my %one = (
    # Every child sleeps; one more than allowed is refused.
    forks => sub { my $pid = fork; defined $pid or return 0; $pid or sleep 1000; push @held, $pid },
    pipes => sub { pipe(my $in, my $out) or return 0; push @held, $in, $out },
    ptys => sub { sysopen(my $pty, "/dev/ptmx", O_RDWR | O_NOCTTY) or return 0; push @held, $pty },
    inotify => sub { my $fd = syscall(294, 0); $fd >= 0 },
    inodes => sub { open(my $file, ">", "inode" . @held) or return 0; close $file; push @held, 1 },
    groups => sub { mkdir("group" . @held) or return 0; push @held, 1 },
    tmpfs => sub { syscall(165, $none, $mnt, $tmpfs, 0, 0) == 0 or return 0; push @held, 1 },
);
# The descriptor keeps the namespace when the process goes on to the next.
$one{$_} = do {
    my $name = $_;
    sub {
        syscall(272, $namespaces{$name}) == 0 or return 0;
        open(my $kept, "<", "/proc/self/ns/$name") or return 0;
        push @held, $kept;
    }
} for grep { $_ ne "user" } keys %namespaces;
# A process may not enter a user namespace and make another one beside it: each has a child of its own.
$one{user} = sub {
    pipe(my $told, my $tell) or return 0;
    my $pid = fork;
    defined $pid or return 0;
    if (!$pid) {
        my $made = syscall(272, $namespaces{user});
        syswrite $tell, pack("i", $made == 0 ? 0 : $! + 0);
        sleep 1000;
    }
    sysread $told, my $answer, 4;
    $! = unpack "i", $answer;
    push @held, $pid;
    return $! == 0;
};
my $taken = 0;
$taken++ while $taken < $limit && $one{$kind}->();
my $errno = $taken < $limit ? $! + 0 : 0;
kill 9, grep { !ref && $_ > 1 } @held if $kind eq "forks" || $kind eq "user";
print "$taken errno $errno\n";
