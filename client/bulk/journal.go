package bulk

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/highlevel-contacts/contacts-go/client/internal/durable"
)

// Journal is a file that records which inputs of a run are done, for [WithJournal]. [OpenJournal]
// opens it; the zero Journal is not usable. It contains the keys of the inputs, but no values. It
// is safe for concurrent use.
//
// After a header, each line is a record, which consists of a sign and a quoted key: "?" for the
// intent to make a call, "+" for a call that is done, and "-" for a call that was not applied. The
// latest record of a key counts.
type Journal struct {
	log    recordLog
	mu     sync.Mutex
	states map[string]state
}

// recordLog is a [durable.Log].
type recordLog interface {
	Append(record []byte, sync bool) error
	Err() error
	Close() error
}

// state is what the journal records about a key.
type state byte

const (
	stateNew    state = iota // no record, or a call that was not applied
	stateIntent              // an intent without a result
	stateDone
)

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
	j := &Journal{states: map[string]state{}}
	log, err := durable.OpenLog(path, journalHeader, j.replay)
	if err != nil {
		return nil, fmt.Errorf("bulk: OpenJournal: %w", err)
	}
	j.log = log
	return j, nil
}

var errNoRecord = errors.New("the line is not a record of a journal")

// replay sets the state of a key from a line of the file. If the line is not complete, replay only
// checks that it is the beginning of a record.
func (j *Journal) replay(line []byte, complete bool) error {
	if len(line) == 0 || !bytes.ContainsRune([]byte{signIntent, signDone, signNotApplied}, rune(line[0])) {
		return errNoRecord
	}
	quoted := line[1:]
	if !complete && (len(quoted) == 0 || isStartOfQuoted(quoted)) {
		return nil
	}
	key, err := strconv.Unquote(string(quoted))
	if err != nil || quoted[0] != '"' {
		return errNoRecord
	}
	if complete {
		j.set(line[0], key)
	}
	return nil
}

// startOfEscape matches the end of a text that ends in an escape sequence.
var startOfEscape = regexp.MustCompile(`\\(x[0-9a-f]?|u[0-9a-f]{0,3}|U[0-9a-f]{0,7})?$`)

// isStartOfQuoted reports whether text is a quoted string without its end.
func isStartOfQuoted(text []byte) bool {
	return text[0] == '"' && slices.ContainsFunc([][]byte{text, startOfEscape.ReplaceAll(text, nil)}, func(start []byte) bool {
		_, err := strconv.Unquote(string(start) + `"`)
		return err == nil
	})
}

func (j *Journal) set(sign byte, key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch sign {
	case signIntent:
		j.states[key] = stateIntent
	case signDone:
		j.states[key] = stateDone
	case signNotApplied:
		delete(j.states, key)
	}
}

func (j *Journal) state(key string) state {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.states[key]
}

// err returns the error that prevents further records, or nil.
func (j *Journal) err() error { return wrapJournal(j.log.Err()) }

// record appends a record. If it returns nil for an intent, the intent is on the disk.
func (j *Journal) record(sign byte, key string) error {
	err := j.log.Append(strconv.AppendQuoteToASCII([]byte{sign}, key), sign == signIntent)
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
