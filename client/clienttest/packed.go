package clienttest

import (
	"encoding/binary"
	"iter"
)

// texts is the text members of a contact that have a value, packed one after the other: member, length, value. A million
// contacts then have a tenth of the pointers for the garbage collector to follow, and each is in one piece of memory.
type texts string

type textValue struct {
	member text
	value  string
}

// packTexts packs values. Empty ones are left out; of two for one member the first counts.
func packTexts(values []textValue) texts {
	size := 0
	for _, v := range values {
		size += 1 + binary.MaxVarintLen16 + len(v.value)
	}
	packed := make([]byte, 0, size)
	for _, v := range values {
		if v.value != "" {
			packed = append(packed, byte(v.member))
			packed = binary.AppendUvarint(packed, uint64(len(v.value)))
			packed = append(packed, v.value...)
		}
	}
	return texts(packed)
}

// all ranges over the members and their values.
func (t texts) all() iter.Seq2[text, string] {
	return func(yield func(text, string) bool) {
		for len(t) > 0 {
			member, value, rest := t.first()
			if !yield(member, value) {
				return
			}
			t = rest
		}
	}
}

// first takes the first member off.
func (t texts) first() (member text, value string, rest texts) {
	length, shift, at := 0, 0, 1
	for ; t[at] >= 0x80; at++ {
		length |= int(t[at]&0x7f) << shift
		shift += 7
	}
	length |= int(t[at]) << shift
	at++
	return text(t[0]), string(t[at : at+length]), t[at+length:]
}

// get returns the value of a member, "" if it has none.
func (t texts) get(member text) string {
	for len(t) > 0 {
		m, value, rest := t.first()
		if m == member {
			return value
		}
		t = rest
	}
	return ""
}

// with returns the texts with another value for a member, or without the member if the value is empty.
func (t texts) with(member text, value string) texts {
	values := []textValue{{member, value}}
	for m, v := range t.all() {
		if m != member {
			values = append(values, textValue{m, v})
		}
	}
	return packTexts(values)
}
