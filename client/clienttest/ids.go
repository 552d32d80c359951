package clienttest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// ids generates IDs that look random and are the same in every run with the same seed.
type ids struct {
	seed uint64
	made atomic.Uint64
}

func (i *ids) next() [sha256.Size]byte {
	var from [16]byte
	binary.BigEndian.PutUint64(from[:8], i.seed)
	binary.BigEndian.PutUint64(from[8:], i.made.Add(1))
	return sha256.Sum256(from[:])
}

// contact returns 20 letters and digits, as the API's IDs have.
func (i *ids) contact() string {
	id := i.next()
	for at, b := range id[:20] {
		id[at] = alphabet[int(b)%len(alphabet)]
	}
	return string(id[:20])
}

func (i *ids) hex(bytes int) string {
	id := i.next()
	return hex.EncodeToString(id[:bytes])
}

// uuid returns an ID in the form of trace IDs.
func (i *ids) uuid() string {
	id := i.next()
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
