Origin: the vendor's SimpleClient 0.6.0 playing a race of 8 May 2021; greeting, guns and one finisher of its byte-exact transcript.
C: SimpleClient~0.6.0~CTP01
S: connection-id=true
S: getconnectionid
C: CT01_33~0~FINISH1~newlocation~00:00:00.00~0~0~0
C: ack~getconnectionid~255F34CCD1DC070E2FAB3205FB8E1F713A6CBCD3
S: geteventinfo
C: ack~geteventinfo~21ROTM~0~21ROTM
S: getlocations
C: ack~getlocations~FINISH1
S: start~FINISH1
C: CT01_33~1~FINISH1~GUNTIME~2021-05-08T08:00:55.16~0~I11A9D~0
C: CT01_33~2~FINISH1~GUNTIME~2021-05-08T08:05:55.52~0~I11A9D~0
C: CT01_33~2000~FINISH1~3848~2021-05-08T08:16:08.37~2~120044~1
