package main

import (
	"net"
	"sync"
)

// gate is a listener that can be shut: its connections are reset then, and each new one as soon as it is made, so that a test can count
// the attempts of a client whose control plane is out of reach.
type gate struct {
	net.Listener
	journal *journal
	mu      sync.Mutex
	shut    bool
	open    map[*gateConnection]struct{}
}

func newGate(inner net.Listener, j *journal) *gate {
	return &gate{Listener: inner, journal: j, open: map[*gateConnection]struct{}{}}
}

// Accept gives the next connection that passes the gate.
func (g *gate) Accept() (net.Conn, error) {
	for {
		accepted, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if passed := g.pass(accepted); passed != nil {
			return passed, nil
		}
	}
}

// setShut shuts or opens the gate.
func (g *gate) setShut(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	if !shut {
		return
	}
	for connection := range g.open {
		reset(connection.Conn)
		delete(g.open, connection)
	}
}

func (g *gate) pass(accepted net.Conn) net.Conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		reset(accepted)
		g.journal.write(connectionRefused{Event: "refused", AtMs: g.journal.nowMs()})
		return nil
	}
	passed := &gateConnection{Conn: accepted, gate: g}
	g.open[passed] = struct{}{}
	return passed
}

// gateConnection is a connection that passed the gate and has not been closed.
type gateConnection struct {
	net.Conn
	gate *gate
}

// Close closes the connection and lets the gate forget it.
func (c *gateConnection) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.open, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// reset closes a connection with RST in place of FIN.
func reset(connection net.Conn) {
	if tcp, ok := connection.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	connection.Close()
}
