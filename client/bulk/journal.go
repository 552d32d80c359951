package bulk

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"sync"

	"github.com/highlevel-contacts/contacts-go/client/internal/durable"
)

// Journal is a file that records which inputs of a run are done, for [WithJournal]. [OpenJournal]
// opens it; the zero Journal is not usable. It contains the keys of the inputs, but no values. It
// is safe for concurrent use.
//
// After a header, each line is a record, which consists of a sign and a key, escaped as in a query:
// "?" for the intent to make a call, "+" for a call that is done, and "-" for a call that was not
// applied. The latest record of a key counts.
type Journal struct {
	log   recordLog
	mu    sync.Mutex
	signs map[string]byte // of the latest records by key
}

// recordLog is a [durable.Log].
type recordLog interface {
	Append(record []byte, sync bool) error
	Err() error
	Close() error
}

// The signs of the records.
const (
	signIntent     = '?'
	signDone       = '+'
	signNotApplied = '-'
)

const journalHeader = "contacts-go bulk journal 1"

// OpenJournal opens the journal at path, and creates it with permission 0600 if it does not exist or
// is empty. It removes an incomplete last record, which a killed process may leave. If the file is
// not a journal, OpenJournal returns an error and does not change it. One Journal at a time can have
// the file open, under any of its names. The caller must call Close.
func OpenJournal(path string) (*Journal, error) {
	j := &Journal{signs: map[string]byte{}}
	log, err := durable.OpenLog(path, journalHeader, j.replay)
	if err != nil {
		return nil, fmt.Errorf("bulk: OpenJournal: %w", err)
	}
	j.log = log
	return j, nil
}

var errNoRecord = errors.New("the line is not a record of a journal")

// recordForm matches a record, or the beginning of one that ends within an escape sequence.
var recordForm = regexp.MustCompile(`^[?+-](?:[\w.~+-]|%[0-9A-F]{2})*(%[0-9A-F]?)?$`)

// replay sets the state of a key from a line of the file. If the line is not complete, replay only
// checks that it is the beginning of a record.
func (j *Journal) replay(line []byte, complete bool) error {
	form := recordForm.FindSubmatch(line)
	if form == nil || complete && form[1] != nil {
		return errNoRecord
	}
	if complete {
		key, _ := url.QueryUnescape(string(line[1:])) // a text of this form is valid
		j.set(line[0], key)
	}
	return nil
}

func (j *Journal) set(sign byte, key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.signs[key] = sign
}

// sign returns the sign of the latest record of key, or 0 if there is none.
func (j *Journal) sign(key string) byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.signs[key]
}

// err returns the error that prevents further records, or nil.
func (j *Journal) err() error { return wrapJournal(j.log.Err()) }

// record appends a record. If it returns nil for an intent, the intent is on the disk.
func (j *Journal) record(sign byte, key string) error {
	err := j.log.Append(append([]byte{sign}, url.QueryEscape(key)...), sign == signIntent)
	if err == nil {
		j.set(sign, key)
	}
	return wrapJournal(err)
}

// Close writes the journal to the disk, closes it and releases its lock. It also returns the first
// error that occurred while a record was written. After the first call, Close does nothing and
// returns nil.
func (j *Journal) Close() error { return wrapJournal(j.log.Close()) }

func wrapJournal(err error) error {
	if err != nil {
		return fmt.Errorf("bulk: Journal: %w", err)
	}
	return nil
}
