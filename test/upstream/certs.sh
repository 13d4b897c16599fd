#!/bin/sh
# Makes the certificates that the tests need: certs.sh DIR. Does nothing where they are there and
# will be valid for a day more.
#   ca.pem                      the authority to trust; bundle.pem: the same among 20 others
#   server.pem  server-rsa.pem  good, for localhost and 127.0.0.1; leaf and intermediate
#   expired othername notyet    issued by the same authority, and each wrong in one way
#   selfsigned unknownca        not from the authority
# Each NAME.pem has its NAME.key.
set -eu
dir=${1:?usage: certs.sh DIR}
mkdir -p "$dir"
cd "$dir"
if [ -f done ] && openssl x509 -in server.pem -noout -checkend 86400 >/dev/null 2>&1; then
    exit 0
fi
rm -f ./*.pem ./*.key done

ec_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

# authority NAME SUBJECT [DAYS]: a self-signed authority
authority() {
    ec_key "$1.key"
    openssl req -x509 -new -key "$1.key" -sha256 -subj "/CN=$2" -days 3650 -out "$1.pem" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

# issue NAME ISSUER CN FROM TO EXTENSIONS: a certificate for the key NAME.key; FROM and TO as
# YYYYMMDDHHMMSSZ
issue() {
    openssl req -new -key "$1.key" -subj "/CN=$3" -out "$1.csr"
    printf '%s\n' "$6" >"$1.ext"
    : >index.txt
    openssl ca -batch -notext -config ca.conf -name any -cert "$2.pem" -keyfile "$2.key" \
        -in "$1.csr" -out "$1.pem" -startdate "$4" -enddate "$5" -extfile "$1.ext" 2>ca.log ||
        { cat ca.log >&2; exit 1; }
    rm -f "$1.csr" "$1.ext"
}

cat >ca.conf <<'CONF'
[any]
database = index.txt
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = any_policy
unique_subject = no
[any_policy]
commonName = supplied
CONF

day() { date -u -d "$1 days" +%Y%m%d%H%M%SZ; }
before=$(day -2) past=$(day -1) later=$(day 1) after=$(day 365)
leaf='basicConstraints=CA:FALSE
extendedKeyUsage=serverAuth
subjectAltName='
here="${leaf}DNS:localhost,IP:127.0.0.1"

authority ca 'Stand-in Root'
ec_key intermediate.key
issue intermediate ca 'Stand-in Intermediate' "$before" "$after" \
    'basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign,cRLSign'

# good NAME FROM TO EXTENSIONS: issued by the intermediate, which is sent along
chained() {
    issue "$1" intermediate "$1" "$2" "$3" "$4"
    cat intermediate.pem >>"$1.pem"
}
for name in server expired othername notyet; do ec_key $name.key; done
openssl genrsa -out server-rsa.key 2048 2>/dev/null
chained server "$before" "$after" "$here"
chained server-rsa "$before" "$after" "$here"
chained expired "$before" "$past" "$here"
chained notyet "$later" "$after" "$here"
chained othername "$before" "$after" "${leaf}DNS:elsewhere.example"

ec_key selfsigned.key
openssl req -x509 -new -key selfsigned.key -sha256 -subj /CN=localhost -days 365 \
    -out selfsigned.pem -addext subjectAltName=DNS:localhost,IP:127.0.0.1
authority unknownroot 'Unknown Root'
ec_key unknownca.key
issue unknownca unknownroot unknownca "$before" "$after" "$here"

i=0
: >bundle.pem
while [ $i -lt 20 ]; do
    authority other "Other Root $i"
    cat other.pem >>bundle.pem
    [ $i -ne 12 ] || cat ca.pem >>bundle.pem
    i=$((i + 1))
done
rm -f other.* unknownroot.* intermediate.key index.txt* ca.conf ca.log [0-9A-F]*.pem
touch done
