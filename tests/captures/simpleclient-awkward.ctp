Origin: the vendor's SimpleClient 0.6.0; a location whose name has a tilde and a Windows-1252 letter, a read before midnight, and a repeat after the gun.
C: SimpleClient~0.6.0~CTP01
S: connection-id=true
S: getconnectionid
C: CT01_33~0~FINISH1Start Line é~1~newlocation~00:00:00.00~0~0~0
C: ack~getconnectionid~0D2B8E5E6C1C4C6A9D1E8B5B2C0E6B7A5F4D3C2B
S: geteventinfo
C: ack~geteventinfo~21ROTM~0~21ROTM
S: getlocations
C: ack~getlocations~FINISH1Start Line é~1
S: start
C: CT01_33~6~FINISH1Start Line é~1~9511~2021-05-07T23:34:52.64~1~12000C~8
C: CT01_33~6~FINISH1Start Line é~1~9511~2021-05-07T23:34:52.64~1~12000C~8
